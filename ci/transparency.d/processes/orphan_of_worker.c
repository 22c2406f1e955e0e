/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child of a worker that has ended is still the process's child, and any thread waits for it. */
#include "processes.h"

static pid_t children[MAX_THREADS], process;
static int ends[2];

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	children[me] = fork();
	if (children[me] == 0) {
		CHECK(getppid() == process);
		hear(ends[0]);
		_exit(getppid() == process ? 60 + me : 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	process = getpid();
	open_pipe(ends);
	for (long i = 0; i < iterations; i++) {
		run_threads(threads, worker);
		for (int k = 0; k < threads; k++)
			say(ends[1]);
		for (int k = 0; k < threads; k++)
			expect_exit(children[k], 60 + k);
	}
	printf("children %ld\n", threads * iterations);
	return 0;
}
