/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: workers that fork at the same time each get a child with all memory of one moment, their own stack included. */
#include "memory.h"

static unsigned char *area;
static _Atomic uint64_t *clock_word;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t local[64];

	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t before;
		pid_t child;

		paint(local, sizeof(local), (uint64_t)(i + me));
		paint(area + me * PAGE, PAGE, (uint64_t)(i + me));
		meet();
		before = atomic_fetch_add(clock_word, 1) + 1;
		child = fork();
		if (child == 0) {
			uint64_t there = atomic_load(clock_word);

			CHECK(painted(local, sizeof(local), (uint64_t)(i + me)) && there >= before);
			/* Nobody paints between the two meetings. */
			for (int k = 0; k < threads; k++)
				CHECK(painted(area + k * PAGE, PAGE, (uint64_t)(i + k)));
			paint(area, (size_t)threads * PAGE, 5);
			paint(local, sizeof(local), 6);
			/* Nothing comes from the parent any more. */
			CHECK(atomic_load(clock_word) == there);
			_exit(11);
		}
		atomic_fetch_add(clock_word, 1);
		CHECK(status_of(child) == 11 && painted(local, sizeof(local), (uint64_t)(i + me)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	area = new_pages((size_t)threads + 1);
	clock_word = (_Atomic uint64_t *)(area + threads * PAGE);
	run_workers(threads, worker);
	CHECK(atomic_load(clock_word) == (uint64_t)(2 * threads * iterations));
	printf("children %ld\n", threads * iterations);
	return 0;
}
