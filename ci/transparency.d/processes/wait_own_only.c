/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: __WNOTHREAD waits for children of the calling worker only; without it any worker may wait for any child. */
#include "processes.h"

static pid_t children[MAX_THREADS];
static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, ends[2], status;

	settle();
	for (long i = 0; i < iterations; i++) {
		int other = (me + 1) % threads;

		open_pipe(ends);
		children[me] = fork();
		if (children[me] == 0) {
			hear(ends[0]);
			_exit(40 + me);
		}
		CHECK(children[me] > 0);
		pthread_barrier_wait(&barrier);
		if (other != me)
			CHECK(waitpid(children[other], &status, __WNOTHREAD | WNOHANG) == -1 && errno == ECHILD);
		CHECK(waitpid(children[me], &status, __WNOTHREAD | WNOHANG) == 0);
		CHECK(waitpid(children[other], &status, WNOHANG) == 0);
		pthread_barrier_wait(&barrier);
		say(ends[1]);
		expect_exit(children[other], 40 + other);
		pthread_barrier_wait(&barrier);
		CHECK(waitpid(children[me], &status, __WNOTHREAD) == -1 && errno == ECHILD);
		close_both(ends);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("waited %ld\n", threads * iterations);
	return 0;
}
