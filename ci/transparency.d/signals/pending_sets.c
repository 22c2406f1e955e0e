/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sigpending shows a thread its own pending signals and the process's, not another thread's; SIG_IGN discards them. */
#include "signals.h"

static pthread_barrier_t barrier;

static void body(void)
{
	sigset_t process = set_of(SIGHUP, 0);
	int number = SIGRTMIN + 1 + me;

	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_kill(pthread_self(), number) == 0);
		if (me == 0)
			CHECK(kill(getpid(), SIGHUP) == 0);
		pthread_barrier_wait(&barrier);
		for (int k = 0; k < threads; k++)
			CHECK(is_pending(SIGRTMIN + 1 + k) == (k == me));
		CHECK(is_pending(SIGHUP) && !is_pending(SIGUSR1));
		pthread_barrier_wait(&barrier);
		CHECK(signal(number, SIG_IGN) != SIG_ERR && !is_pending(number));
		CHECK(signal(number, SIG_DFL) != SIG_ERR && !is_pending(number));
		if (me == threads - 1)
			CHECK(sigwaitinfo(&process, NULL) == SIGHUP);
		pthread_barrier_wait(&barrier);
		CHECK(!is_pending(SIGHUP));
		pthread_barrier_wait(&barrier);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	CHECK(threads <= 16 && pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	mask(SIG_BLOCK, SIGHUP);
	mask(SIG_BLOCK, SIGUSR1);
	for (int i = 0; i < threads; i++)
		mask(SIG_BLOCK, SIGRTMIN + 1 + i);
	start_workers(body);
	end_workers();
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
