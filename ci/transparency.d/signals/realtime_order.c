/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: queued real-time signals are handled lowest number first, each number in the order sent; a standard one pends once. */
#include "signals.h"

#define EACH 6

static __thread volatile int order, values[64], numbers[64], standard;

static void on_queued(int number, siginfo_t *info, void *context)
{
	(void)context;
	numbers[order] = number;
	values[order] = info->si_value.sival_int;
	order++;
}

static void on_standard(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	CHECK(info->si_value.sival_int == 900);
	standard++;
}

static void body(void)
{
	sigset_t all, old;

	sigfillset(&all);
	for (long i = 0; i < iterations; i++) {
		order = standard = 0;
		CHECK(pthread_sigmask(SIG_BLOCK, &all, &old) == 0);
		for (int k = 0; k < EACH; k++)
			for (int n = 3; n >= 1; n--)
				CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + n, value_of(100 * n + k)) == 0);
		for (int k = 0; k < 3; k++)
			CHECK(pthread_sigqueue(pthread_self(), SIGUSR1, value_of(900 + k)) == 0);
		CHECK(order == 0 && standard == 0);
		/* Handlers block all the others (sa_mask), so none interrupts another. */
		CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
		CHECK(order == 3 * EACH && standard == 1);
		for (int k = 0; k < 3 * EACH; k++) {
			CHECK(numbers[k] == SIGRTMIN + 1 + k / EACH);
			CHECK(values[k] == 100 * (1 + k / EACH) + k % EACH);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_queued, .sa_flags = SA_SIGINFO };

	arguments(argc, argv, 10);
	sigfillset(&action.sa_mask);
	for (int n = 1; n <= 3; n++)
		CHECK(sigaction(SIGRTMIN + n, &action, NULL) == 0);
	action.sa_sigaction = on_standard;
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	start_workers(body);
	end_workers();
	printf("queued %ld\n", 3 * EACH * threads * iterations);
	return 0;
}
