/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a wild write by a moved thread is a SIGSEGV that kills the whole process, as natively. */
#include "check.h"

/* In the first page, which is never mapped. */
static int *volatile wild = (int *)(uintptr_t)64;

static void *worker(void *arg)
{
	settle();
	if (arg == NULL) {
		puts("crashing");
		fflush(stdout);
		*wild = 1;
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
