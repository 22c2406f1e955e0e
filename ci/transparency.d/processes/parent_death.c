/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child that asked for it gets its signal when the worker that forked it ends, not before, and though the process lives. */
#include "processes.h"

static pid_t children[MAX_THREADS];

static void *worker(void *arg)
{
	int ready[2], me = (int)(intptr_t)arg, number;

	settle();
	open_pipe(ready);
	children[me] = fork();
	if (children[me] == 0) {
		CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
		CHECK(prctl(PR_GET_PDEATHSIG, &number) == 0 && number == SIGUSR1);
		say(ready[1]);
		for (;;)
			pause();
	}
	CHECK(children[me] > 0);
	hear(ready[0]);
	close_both(ready);
	usleep(2000);
	/* Still there; its own creator lives. */
	CHECK(waitpid(children[me], &number, WNOHANG) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	for (long i = 0; i < iterations; i++) {
		run_threads(threads, worker);
		for (int k = 0; k < threads; k++)
			expect_killed(children[k], SIGUSR1);
	}
	printf("told %ld\n", threads * iterations);
	return 0;
}
