/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program that is executed with every descriptor below its limit in use runs, and finds them all, and no more. */
/* Flags: -static */
#include "exec_next.h"

#define LIMIT 32

static void *worker(void *arg)
{
	struct rlimit limit = { LIMIT, LIMIT };
	int program = own_program(), data = make_data();

	settle();
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	/* Closed by the execve, it would leave one free. */
	CHECK(fcntl(program, F_SETFD, 0) == 0);
	while (dup(data) >= 0)
		;
	CHECK(errno == EMFILE);
	execute_next(program, data);
	return arg;
}

int main(int argc, char **argv)
{
	if (is_next(argc, argv)) {
		struct rlimit limit;

		CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == LIMIT && limit.rlim_max == LIMIT);
		for (int fd = 0; fd < LIMIT; fd++)
			CHECK(fcntl(fd, F_GETFD) == 0);
		CHECK(fcntl(LIMIT, F_GETFD) == -1 && errno == EBADF);
		CHECK(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
		run_threads(threads, map_data);
		CHECK(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
		CHECK(close(LIMIT - 1) == 0 && open("/dev/null", O_RDONLY) == LIMIT - 1);
		printf("mapped by %d\n", threads);
		return 0;
	}
	arguments(argc, argv, 5);
	run_to_next(worker);
}
