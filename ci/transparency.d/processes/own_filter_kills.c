/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter that ends the process on all calls but a few lets a worker compute, call and end, and its maker join it. */
#include "own_filter.h"

static void *worker(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ALLOW_NEEDED, ANSWER(SECCOMP_RET_KILL_PROCESS) };

	travel();
	INSTALL(filter, SECCOMP_FILTER_FLAG_LOG);
	for (long i = 0; i < iterations; i++) {
		compute();
		CHECK(write(1, "", 0) == 0);
	}
	pthread_exit(arg);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	prepare_ends();
	run_threads(threads, worker);
	puts("all ended");
	return 0;
}
