/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals of many numbers sent to a computing thread nest their handlers and unwind without a loss. */
#include "signals.h"

#define KINDS 5

static const int numbers[KINDS] = { SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGWINCH };
static __thread volatile int active[KINDS];
static atomic_long seen[MAX_THREADS][KINDS];

static void on_signal(int number, siginfo_t *info, void *context)
{
	uint64_t state = 3 + (uint64_t)number;

	(void)info;
	(void)context;
	for (int k = 0; k < KINDS; k++)
		if (numbers[k] == number) {
			CHECK(active[k]++ == 0);
			for (int i = 0; i < 20000; i++)
				xorshift(&state);
			atomic_fetch_add(&seen[me][k], 1);
			CHECK(active[k]-- == 1);
		}
}

static void body(void)
{
	uint64_t state = 1 + (uint64_t)me;

	for (int k = 0; k < KINDS; k++)
		while (atomic_load(&seen[me][k]) < iterations)
			xorshift(&state);
	for (int k = 0; k < KINDS; k++)
		CHECK(active[k] == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	for (int k = 0; k < KINDS; k++)
		handle(numbers[k], on_signal, 0);
	start_workers(body);
	for (long n = 1; n <= iterations; n++) {
		for (int k = 0; k < KINDS; k++)
			for (int i = 0; i < threads; i++)
				CHECK(pthread_kill(ids[i], numbers[k]) == 0);
		for (int k = 0; k < KINDS; k++)
			for (int i = 0; i < threads; i++)
				while (atomic_load(&seen[i][k]) < n)
					usleep(50);
	}
	end_workers();
	printf("nested %ld\n", KINDS * threads * iterations);
	return 0;
}
