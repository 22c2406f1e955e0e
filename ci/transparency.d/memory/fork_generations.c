/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: child, grandchild and parent each keep the version of a page that was theirs, whatever the others write later. */
#include "memory.h"

static unsigned char *area;

/* Forks down to `depth` 0; each generation writes before, between and after, and checks that it sees itself only. */
static int generation(unsigned char *own, int depth)
{
	pid_t child;

	CHECK(painted(own, PAGE, (uint64_t)depth + 1) && painted(own + PAGE, PAGE, 100));
	paint(own, PAGE, (uint64_t)depth);
	if (depth == 0)
		return 20;
	child = fork();
	if (child == 0)
		_exit(generation(own, depth - 1));
	paint(own, PAGE, (uint64_t)depth + 50);
	CHECK(status_of(child) == 20 && painted(own, PAGE, (uint64_t)depth + 50) && painted(own + PAGE, PAGE, 100));
	return 20;
}

static void *worker(void *arg)
{
	unsigned char *own = area + (intptr_t)arg * 2 * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		pid_t child;

		paint(own, PAGE, 4);
		paint(own + PAGE, PAGE, 100);
		child = fork();
		if (child == 0)
			_exit(generation(own, 3));
		paint(own, 2 * PAGE, 77);
		CHECK(status_of(child) == 20 && painted(own, 2 * PAGE, 77));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	area = new_pages(2 * (size_t)threads);
	run_workers(threads, worker);
	printf("families %ld\n", threads * iterations);
	return 0;
}
