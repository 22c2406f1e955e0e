/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: dup, dup2, dup3 and F_DUPFD share place and status flags, not the close-on-exec flag, and are seen by all threads. */
#include "io.h"

static int copies[MAX_THREADS][4];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int *mine = copies[me], *next = copies[(me + 1) % threads], fd, high = 200 + 10 * (int)me;
	char name[32];

	snprintf(name, sizeof(name), "copied-%d", (int)me);
	fd = new_file(name);
	CHECK(write(fd, "0123456789", 10) == 10);
	settle();
	for (long i = 0; i < iterations; i++) {
		char byte;

		mine[0] = dup(fd);
		mine[1] = dup2(fd, high);
		mine[2] = dup3(fd, high + 1, O_CLOEXEC);
		mine[3] = fcntl(fd, F_DUPFD_CLOEXEC, high + 2);
		CHECK(mine[0] >= 0 && mine[1] == high && mine[2] == high + 1 && mine[3] == high + 2);
		CHECK(fcntl(mine[0], F_GETFD) == 0 && fcntl(mine[1], F_GETFD) == 0);
		CHECK(fcntl(mine[2], F_GETFD) == FD_CLOEXEC && fcntl(mine[3], F_GETFD) == FD_CLOEXEC);
		CHECK(lseek(mine[1], 3, SEEK_SET) == 3 && read(mine[2], &byte, 1) == 1 && byte == '3');
		CHECK(fcntl(mine[0], F_SETFL, O_APPEND | O_NONBLOCK) == 0);
		meet();
		/* Another thread's look at them. */
		for (int k = 0; k < 4; k++)
			CHECK(lseek(next[k], 0, SEEK_CUR) == 4 &&
			      (fcntl(next[k], F_GETFL) & (O_APPEND | O_NONBLOCK)) == (O_APPEND | O_NONBLOCK));
		meet();
		CHECK(close(next[1]) == 0 && close(next[2]) == 0);
		meet();
		CHECK(ERROR_OF(fcntl(mine[1], F_GETFD)) == EBADF && ERROR_OF(read(mine[2], &byte, 1)) == EBADF);
		CHECK(pread(mine[0], &byte, 1, 9) == 1 && byte == '9' && fcntl(fd, F_SETFL, 0) == 0);
		CHECK(ERROR_OF(dup3(fd, fd, 0)) == EINVAL && dup2(fd, fd) == fd && ERROR_OF(dup2(998, 997)) == EBADF);
		CHECK(close(mine[0]) == 0 && close(mine[3]) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("copies %ld\n", threads * iterations * 4);
	return 0;
}
