/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: forks that signals to the process interrupt are made, whichever thread takes the signal. */
#include "signals.h"

static atomic_long taken;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	atomic_fetch_add(&taken, 1);
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(7);
		CHECK(WEXITSTATUS(wait_for(child)) == 7);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	handle(SIGUSR1, on_signal, SA_RESTART);
	start_workers(body);
	mask(SIG_BLOCK, SIGUSR1);
	for (long n = 1; atomic_load(&done) < threads; n++) {
		long before = atomic_load(&taken);

		CHECK(kill(getpid(), SIGUSR1) == 0);
		while (atomic_load(&taken) == before)
			;
		varied_pause(n);
	}
	end_workers();
	printf("children %ld\n", threads * iterations);
	return 0;
}
