/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: SIGSEGV, SIGFPE and SIGILL that are sent, not faulted, are told as sent, and the code goes on where it was. */
#include "signals.h"

static void on_signal(int number, siginfo_t *info, void *context)
{
	CHECK(info->si_code == SI_TKILL && info->si_pid == getpid());
	count_signal(number, info, context);
}

static void body(void)
{
	uint64_t state = 11, again = 11;
	long steps = 0;

	while (atomic_load(&caught[me]) < 3 * iterations) {
		xorshift(&state);
		steps++;
	}
	while (steps--)
		xorshift(&again);
	CHECK(state == again);
}

int main(int argc, char **argv)
{
	static const int numbers[] = { SIGSEGV, SIGFPE, SIGILL };

	arguments(argc, argv, 10);
	for (int k = 0; k < 3; k++)
		handle(numbers[k], on_signal, 0);
	start_workers(body);
	for (long n = 1; n <= 3 * iterations; n++) {
		for (int i = 0; i < threads; i++)
			CHECK(pthread_kill(ids[i], numbers[n % 3]) == 0);
		for (int i = 0; i < threads; i++)
			while (atomic_load(&caught[i]) < n)
				usleep(20);
	}
	end_workers();
	printf("sent %ld\n", 3 * threads * iterations);
	return 0;
}
