/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the core file of a process whose first thread aborts holds what all its threads have written. */
/* Ends: SIGABRT */
/* Check: check */
#include "core.h"

static void *worker(void *arg)
{
	settle();
	paint_own((int)(intptr_t)arg);
	meet();
	while (pause())
		;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t id;

	if (is_check(argc, argv))
		return check_core();
	arguments(argc, argv, 1);
	want_core();
	map_area();
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, worker, (void *)i) == 0);
	meet();
	puts("all has been written");
	fflush(stdout);
	abort();
}
