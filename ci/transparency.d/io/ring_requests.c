/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: io_uring works for a moved thread, or is refused; a ring that was given completes what is asked with the right bytes, and is waited for just where the kernel waits. */
#include "ring.h"

/*
 * Asks for one transfer; what it came to. The kernel is told of `submit` and to wait for as many. If these are more than
 * there are it does not wait at all, so the transfer must be one that is done at once.
 */
static int transfer_of(struct ring *ring, int operation, int fd, void *buffer, unsigned bytes, uint64_t tag, int submit)
{
	ring_put(ring, (struct io_uring_sqe){ .opcode = (unsigned char)operation, .fd = fd, .addr = (uintptr_t)buffer,
					      .len = bytes, .user_data = tag });
	CHECK(syscall(SYS_io_uring_enter, ring->fd, submit, submit, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
	CHECK(ring_done(ring) == 1);
	return ring_take(ring, tag);
}

/* Asks for one transfer and waits for it; what it came to. */
static int transfer(struct ring *ring, int operation, int fd, void *buffer, unsigned bytes, uint64_t tag)
{
	return transfer_of(ring, operation, fd, buffer, bytes, tag, 1);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[3000];
	struct ring ring;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "ring-%d", (int)me);
	fd = new_file(name);
	settle();
	if (ring_open(&ring))
		for (long i = 0; i < iterations; i++) {
			int result;

			pattern(buffer, sizeof(buffer), (uint64_t)(i + me));
			result = transfer(&ring, IORING_OP_WRITE, fd, buffer, sizeof(buffer), (uint64_t)i + 1);
			CHECK(result == sizeof(buffer));
			memset(buffer, 0, sizeof(buffer));
			result = transfer(&ring, IORING_OP_READ, fd, buffer, sizeof(buffer), (uint64_t)i + 1000);
			CHECK(result == sizeof(buffer) && matches(buffer, sizeof(buffer), (uint64_t)(i + me)));
			CHECK(transfer(&ring, IORING_OP_NOP, -1, NULL, 0, 7) == 0);
			/* Often, since it takes no time: moves are to meet it. */
			for (int again = 0; again < 1000; again++)
				CHECK(transfer_of(&ring, IORING_OP_NOP, -1, NULL, 0, 9, 2) == 0);
			CHECK(transfer(&ring, IORING_OP_READ, 999, buffer, 1, 8) == -EBADF);
		}
	else
		CHECK(errno == ENOSYS || errno == EPERM || errno == ENOMEM || errno == EACCES);
	CHECK(unlink(name) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	/* Where a ring may be refused in one place and given in another, both are right. */
	printf("consistent\n");
	return 0;
}
