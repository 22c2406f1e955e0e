/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals to threads that fight for the same pages are each handled once, and no store of theirs is lost. */
#include "signals.h"

#define PAGES 4

static struct {
	/* Pages all workers write, each its own words. */
	_Alignas(4096) atomic_long words[PAGES * 512];
} shared;
static __thread long stores;

static void on_signal(int number, siginfo_t *info, void *context)
{
	/* The handler wants the pages too. */
	for (int p = 0; p < PAGES; p++)
		atomic_store(&shared.words[p * 512 + 256 + me], atomic_load(&caught[me]) + 1);
	count_signal(number, info, context);
}

static void body(void)
{
	long at = me;

	for (long n = 1; n <= iterations; n++) {
		await_signal(n);
		while (atomic_load(&caught[me]) < n)
			for (int p = 0; p < PAGES; p++) {
				atomic_long *word = &shared.words[p * 512 + at];

				atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + 1,
						      memory_order_relaxed);
				stores++;
			}
		for (int p = 0; p < PAGES; p++)
			CHECK(atomic_load(&shared.words[p * 512 + 256 + me]) == n);
	}
	for (int p = 0; p < PAGES; p++)
		stores -= atomic_load(&shared.words[p * 512 + at]);
	CHECK(stores == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 25);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("handled %ld\n", threads * iterations);
	return 0;
}
