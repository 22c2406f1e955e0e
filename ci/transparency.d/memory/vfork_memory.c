/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a vfork child writes the very memory of its parent, which sees it, and other threads too, when the child has ended. */
#include "memory.h"

static unsigned char *area;

static __attribute__((noinline)) void borrow(volatile uint64_t *word, uint64_t value)
{
	pid_t child = vfork();

	if (child == 0) {
		word[0] = value;
		word[PAGE / 8] = value * 3;
		_exit(13);
	}
	/* The parent was stopped until then. */
	CHECK(word[0] == value && word[PAGE / 8] == value * 3);
	CHECK(status_of(child) == 13);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 1; i <= iterations; i++) {
		borrow((volatile uint64_t *)(area + me * 2 * PAGE), (uint64_t)(i * 100 + me));
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(*(volatile uint64_t *)(area + (2 * k + 1) * PAGE) == (uint64_t)(i * 100 + k) * 3);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	area = new_pages(2 * (size_t)threads);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
