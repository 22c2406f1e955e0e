/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that was only read is zero everywhere, and the first write in any thread is seen by those who read it. */
#include "memory.h"

#define PAGES 16

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *fresh = area + i * PAGES * PAGE;

		for (int page = 0; page < PAGES; page++)
			CHECK(filled(fresh + page * PAGE, PAGE, 0));
		meet();
		for (int page = (int)me; page < PAGES; page += threads)
			fresh[page * PAGE + page] = (unsigned char)(page + 1);
		meet();
		for (int page = 0; page < PAGES; page++) {
			CHECK(fresh[page * PAGE + page] == page + 1);
			CHECK(filled(fresh + page * PAGE + page + 1, (size_t)(PAGE - page - 1), 0));
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	area = new_pages((size_t)iterations * PAGES);
	run_workers(threads, worker);
	printf("pages %ld\n", iterations * PAGES);
	return 0;
}
