/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: exit called by a moved thread ends the process with its status, after exit handlers and buffered output. */
#include "check.h"

static void at_exit(void)
{
	printf("exit handler\n");
}

static void *worker(void *arg)
{
	settle();
	if (arg == NULL) {
		printf("leaving");
		exit(7);
	}
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	atexit(at_exit);
	run_threads(threads, worker);
	return 1;
}
