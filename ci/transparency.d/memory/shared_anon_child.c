/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: anonymous shared memory is one for workers and their forked children, private memory beside it is not. */
#include "memory.h"

static unsigned char *shared, *private;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = shared + me * 2 * PAGE, *apart = private + me * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		pid_t child;

		paint(own, PAGE, (uint64_t)i);
		paint(apart, PAGE, (uint64_t)i);
		child = fork();
		if (child == 0) {
			CHECK(painted(own, PAGE, (uint64_t)i) && painted(apart, PAGE, (uint64_t)i));
			paint(own + PAGE, PAGE, (uint64_t)i + 40);
			paint(apart, PAGE, 4711);
			_exit(5);
		}
		CHECK(status_of(child) == 5);
		CHECK(painted(own + PAGE, PAGE, (uint64_t)i + 40) && painted(own, PAGE, (uint64_t)i));
		CHECK(painted(apart, PAGE, (uint64_t)i));
		meet();
		CHECK(painted(shared + ((me + 1) % threads * 2 + 1) * PAGE, PAGE, (uint64_t)i + 40));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	shared = mmap(NULL, (size_t)threads * 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)shared != MAP_FAILED);
	private = new_pages((size_t)threads);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
