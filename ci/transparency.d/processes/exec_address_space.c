/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program that is executed under a small limit of its address space runs, and may use all of that. */
/* Flags: -static */
#include "exec_next.h"

#define LIMIT (12L << 20)

static void *worker(void *arg)
{
	struct rlimit limit = { LIMIT, LIMIT };
	int program = own_program(), data = make_data();

	settle();
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	execute_next(program, data);
	return arg;
}

int main(int argc, char **argv)
{
	if (is_next(argc, argv)) {
		struct rlimit limit;
		char *large;

		CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur == LIMIT && limit.rlim_max == LIMIT);
		run_small_threads();
		CHECK(mmap(NULL, LIMIT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
		large = mmap(NULL, LIMIT / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(large != MAP_FAILED);
		memset(large, 1, LIMIT / 2);
		printf("mapped by %d\n", threads);
		return 0;
	}
	arguments(argc, argv, 5);
	run_to_next(worker);
}
