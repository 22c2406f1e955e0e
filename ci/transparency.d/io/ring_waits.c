/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a wait for io_uring that submits nothing ends when there is a completion, with or without a time-out, and not before. */
#include <linux/time_types.h>

#include "ring.h"

static void *worker(void *arg)
{
	struct __kernel_timespec patience = { 60, 0 };
	struct io_uring_getevents_arg with = { .ts = (uintptr_t)&patience };
	struct ring ring;
	int ends[2];
	char byte;
	pid_t child;

	(void)arg;
	settle();
	if (!ring_open(&ring))
		return NULL;
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		for (long i = 0; i < iterations; i++) {
			usleep(40000);
			write_all(ends[1], "x", 1);
		}
		_exit(0);
	}
	for (long i = 0; i < iterations; i++) {
		int result;

		ring_put(&ring, (struct io_uring_sqe){ .opcode = IORING_OP_READ, .fd = ends[0], .addr = (uintptr_t)&byte,
						       .len = 1, .off = (uint64_t)-1, .user_data = (uint64_t)i + 1 });
		CHECK(syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) == 1);
		result = i % 2 ? (int)syscall(SYS_io_uring_enter, ring.fd, 0, 1,
					      IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &with, sizeof(with)) :
				 (int)syscall(SYS_io_uring_enter, ring.fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
		CHECK(result == 0 && ring_done(&ring) == 1);
		CHECK(ring_take(&ring, (uint64_t)i + 1) == 1 && byte == 'x');
	}
	CHECK(status_of(child) == 0 && close(ring.fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(threads, worker);
	printf("waits %ld\n", threads * iterations);
	return 0;
}
