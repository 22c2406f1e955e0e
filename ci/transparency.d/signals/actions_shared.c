/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler set by one thread is every thread's from then on, and sigaction tells each what the last one set. */
#include "signals.h"

static pthread_barrier_t barrier;
static __thread volatile int which;

static void on_even(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	which = 2;
}

static void on_odd(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	which = 1;
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		struct sigaction now;

		if (i % threads == me)
			handle(SIGUSR1, i % 2 ? on_odd : on_even, 0);
		pthread_barrier_wait(&barrier);
		which = 0;
		CHECK(raise(SIGUSR1) == 0 && which == (i % 2 ? 1 : 2));
		CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_sigaction == (i % 2 ? on_odd : on_even));
		pthread_barrier_wait(&barrier);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 30);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	start_workers(body);
	end_workers();
	printf("actions %ld\n", threads * iterations);
	return 0;
}
