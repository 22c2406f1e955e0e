/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: POSIX record locks are the process's: its threads share them, a child is refused and told who has them, any close drops them. */
#include "io.h"

/* In a child: the error of locking a byte of the file, 0 if it can; `owner` must be who has it. */
static int child_error(const char *name, off_t at, pid_t owner)
{
	pid_t child = fork();

	if (child == 0) {
		struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
		struct flock other = range;
		int fd = open(name, O_RDWR | O_CLOEXEC), error;

		CHECK(fd >= 0);
		error = fcntl(fd, F_SETLK, &range) == 0 ? 0 : errno;
		if (error)
			CHECK(fcntl(fd, F_GETLK, &other) == 0 && other.l_type == F_WRLCK && other.l_pid == owner);
		_exit(error);
	}
	return status_of(child);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	pid_t self = getpid();
	char name[32];

	snprintf(name, sizeof(name), "records-%d", (int)me);
	CHECK(close(new_file(name)) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
		int fd = open(name, O_RDWR | O_CLOEXEC), other = open(name, O_RDWR | O_CLOEXEC);

		CHECK(fd >= 0 && other >= 0 && fcntl(fd, F_SETLKW, &range) == 0);
		/* The same process by another descriptor: no conflict. */
		CHECK(fcntl(other, F_SETLK, &range) == 0);
		CHECK(child_error(name, 15, self) == EAGAIN && child_error(name, 20, self) == 0);
		range.l_type = F_UNLCK;
		range.l_start = 14;
		range.l_len = 2;
		CHECK(fcntl(fd, F_SETLK, &range) == 0 && child_error(name, 15, self) == 0 &&
		      child_error(name, 16, self) == EAGAIN);
		CHECK(close(other) == 0 && child_error(name, 16, self) == 0 && close(fd) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations * 5);
	return 0;
}
