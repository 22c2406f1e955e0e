/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: in a handler its own signal and those of sa_mask are blocked, pend, and come when it returns; the mask is back then. */
#include "signals.h"

static __thread volatile long first, second, inside;

static void on_first(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	CHECK(!sigismember(&((ucontext_t *)context)->uc_sigmask, SIGUSR1));
	CHECK(is_blocked(SIGUSR1) && is_blocked(SIGUSR2) && !is_blocked(SIGRTMIN));
	inside++;
	CHECK(inside == 1);
	if (first++ % 2 == 0) {
		CHECK(raise(SIGUSR1) == 0 && raise(SIGUSR2) == 0 && raise(SIGUSR2) == 0);
		CHECK(is_pending(SIGUSR1) && is_pending(SIGUSR2));
	}
	inside--;
}

static void on_second(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	CHECK(inside == 0 && is_blocked(SIGUSR2) && is_blocked(SIGRTMIN));
	second++;
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		CHECK(raise(SIGUSR1) == 0);
		CHECK(first == 2 * i && second == i);
		CHECK(!is_blocked(SIGUSR1) && !is_blocked(SIGUSR2) && !is_pending(SIGUSR1) && !is_pending(SIGUSR2));
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_first, .sa_flags = SA_SIGINFO };

	arguments(argc, argv, 20);
	action.sa_mask = set_of(SIGUSR2, 0);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	action.sa_sigaction = on_second;
	action.sa_mask = set_of(SIGRTMIN, SIGUSR1);
	CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
	start_workers(body);
	end_workers();
	printf("handled %ld\n", 3 * threads * iterations);
	return 0;
}
