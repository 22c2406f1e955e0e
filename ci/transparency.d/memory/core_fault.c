/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the core file of a process whose worker touches what is not mapped holds what all its threads have written. */
/* Ends: SIGSEGV */
/* Check: check */
#include "core.h"

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	paint_own(me);
	meet();
	if (me == threads - 1)
		*(volatile char *)(AREA - PAGE) = 1;
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
	run_workers(threads, worker);
	return 0;
}
