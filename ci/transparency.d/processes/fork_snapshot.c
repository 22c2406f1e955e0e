/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child forked while other threads write sees one moment: what was stored first is there if what came after is. */
#include "processes.h"

/* Written in this order, on pages of their own. */
static struct page {
	volatile long value;
	char rest[4096 - sizeof(long)];
} __attribute__((aligned(4096))) pages[8];
static atomic_int over;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	if (me == 1 % threads && threads > 1) {
		for (long i = 1; !atomic_load(&over); i++)
			for (int p = 0; p < 8; p++)
				pages[p].value = i;
		return NULL;
	}
	for (long i = 0; me == 0 && i < iterations; i++) {
		pid_t child = fork();

		if (child == 0) {
			for (int p = 1; p < 8; p++)
				if (pages[p].value > pages[p - 1].value || pages[p].value < pages[0].value - 1)
					_exit(p);
			/* And it stays: nobody writes here any more. */
			for (long first = pages[0].value, k = 0; k < 1000000; k++)
				if (pages[0].value != first)
					_exit(99);
			_exit(50);
		}
		expect_exit(child, 50);
	}
	if (me == 0)
		atomic_store(&over, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_threads(threads, worker);
	printf("snapshots %ld\n", iterations);
	return 0;
}
