/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a signal without handler that a worker sends another thread ends the whole process with that signal. */
/* Ends: SIGUSR2 */
#include "signals.h"

static void body(void)
{
	uint64_t state = 3;

	if (me == 0) {
		printf("sending\n");
		fflush(stdout);
		CHECK(pthread_kill(ids[threads - 1], SIGUSR2) == 0);
	}
	for (;;)
		if (me % 2)
			pause();
		else
			xorshift(&state);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	no_core();
	start_workers(body);
	end_workers();
	return 1;
}
