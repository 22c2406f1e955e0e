/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: SIGKILL that the process's child sends it ends computing, waiting and sleeping threads together. */
/* Ends: SIGKILL */
#include "signals.h"

static void body(void)
{
	uint64_t state = 3;

	if (me == 0) {
		pid_t child = fork();

		if (child == 0) {
			usleep(2000);
			CHECK(write(1, "killing\n", 8) == 8 && kill(getppid(), SIGKILL) == 0);
			_exit(0);
		}
		CHECK(child > 0);
	}
	for (;;)
		if (me % 3 == 1)
			pause();
		else if (me % 3 == 2)
			usleep(500);
		else
			xorshift(&state);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	start_workers(body);
	end_workers();
	return 1;
}
