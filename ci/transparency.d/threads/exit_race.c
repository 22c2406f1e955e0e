/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads that all call _exit with the same status at once end the process with it, once, whatever the others do. */
/* Ends: 42 */
#include "threads.h"

static void *worker(void *arg)
{
	settle();
	meet();
	if (arg == NULL)
		CHECK(write(1, "all leave\n", 10) == 10);
	meet();
	_exit(42);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	run_workers(worker);
	return 1;
}
