/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the mask that a handler writes into its context is the thread's mask once the handler has returned. */
#include "signals.h"

static void on_signal(int number, siginfo_t *info, void *context)
{
	sigset_t *set = &((ucontext_t *)context)->uc_sigmask;

	if (sigismember(set, SIGUSR2))
		sigdelset(set, SIGUSR2);
	else
		sigaddset(set, SIGUSR2);
	count_signal(number, info, context);
}

static void body(void)
{
	for (long n = 1; n <= iterations; n++) {
		await_signal(n);
		while (atomic_load(&caught[me]) < n)
			;
		CHECK(is_blocked(SIGUSR2) == (n % 2));
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("masks %ld\n", threads * iterations);
	return 0;
}
