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
	if (is_check(argc, argv))
		return check_core();
	arguments(argc, argv, 1);
	want_core();
	map_area();
	start_workers(worker, threads + 1);
	meet();
	puts("all has been written");
	fflush(stdout);
	abort();
}
