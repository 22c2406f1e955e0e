/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a fault while SIGSEGV is blocked ends the process although it has a handler. */
/* Ends: SIGSEGV */
#include "signals.h"

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	_exit(9);
}

static char *volatile wild = (char *)8;

static void body(void)
{
	if (me == 0) {
		mask(SIG_BLOCK, SIGSEGV);
		printf("faulting\n");
		fflush(stdout);
		*(volatile char *)wild = 1;
		_exit(8);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	no_core();
	handle(SIGSEGV, on_fault, 0);
	start_workers(body);
	end_workers();
	return 1;
}
