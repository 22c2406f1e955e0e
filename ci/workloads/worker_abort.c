/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a fatal signal raised by a moved thread kills the whole process, and the parent sees that signal. */
#include <signal.h>

#include "check.h"

static void *worker(void *arg)
{
	settle();
	if (arg == NULL) {
		puts("aborting");
		fflush(stdout);
		raise(SIGABRT);
	}
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	run_threads(threads, worker);
	return 1;
}
