/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: abort in a worker runs the handler of SIGABRT, blocked or not, and ends the process when that returns. */
/* Ends: SIGABRT */
#include "signals.h"

static void on_abort(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	CHECK(number == SIGABRT && me == threads - 1);
	CHECK(write(1, "handler\n", 8) == 8);
}

static void body(void)
{
	if (me < threads - 1)
		for (;;)
			pause();
	mask(SIG_BLOCK, SIGABRT);
	abort();
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	no_core();
	handle(SIGABRT, on_abort, 0);
	start_workers(body);
	end_workers();
	return 1;
}
