/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: open-file-description locks on ranges exclude threads of one process, where they overlap and only there. */
#include "io.h"

static long counters[MAX_THREADS];

static int locked(int fd, int command, short type, off_t from, off_t bytes)
{
	struct flock range = { .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = bytes };

	return fcntl(fd, command, &range);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = open("ranges", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		/* Two neighbouring counters at a time. */
		off_t first = (me + i) % threads;

		CHECK(locked(fd, F_OFD_SETLKW, F_WRLCK, first * 10, 20) == 0);
		counters[first]++;
		counters[first + 1]++;
		CHECK(locked(fd, F_OFD_SETLK, F_UNLCK, first * 10, 20) == 0);
	}
	meet();
	CHECK(locked(fd, F_OFD_SETLK, F_WRLCK, 1000 + me * 10, 10) == 0);
	meet();
	for (int k = 0; k < threads; k++) {
		struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1000 + k * 10 + 5,
				       .l_len = 1 };

		CHECK(fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type == (k == me ? F_UNLCK : F_WRLCK));
		if (k != me) {
			CHECK(range.l_start == 1000 + k * 10 && range.l_len == 10 && range.l_pid == -1);
			CHECK(ERROR_OF(locked(fd, F_OFD_SETLK, F_RDLCK, 1000 + k * 10 + 9, 1)) == EAGAIN);
		}
	}
	meet();
	CHECK(close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	long sum = 0;

	arguments(argc, argv, 15);
	CHECK(close(new_file("ranges")) == 0);
	run_workers(threads, worker);
	for (int k = 0; k <= threads; k++)
		sum += counters[k];
	CHECK(sum == 2 * threads * iterations);
	printf("counted %ld\n", sum);
	return 0;
}
