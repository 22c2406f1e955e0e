/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the core file of a process whose first thread has ended, and a worker of which aborts, holds what all have written. */
/* Ends: SIGABRT */
/* Check: check */
#include "core.h"

static pthread_t main_id;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	paint_own(me);
	if (me == threads - 1)
		CHECK(pthread_join(main_id, NULL) == 0);
	meet();
	if (me == threads - 1)
		abort();
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
	main_id = pthread_self();
	start_workers(worker, threads);
	pthread_exit(NULL);
}
