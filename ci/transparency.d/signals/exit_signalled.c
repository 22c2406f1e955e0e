/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that calls exit just as it is signalled ends, and whoever joins it goes on. */
#include "exits.h"

static void *ending(void *arg)
{
	exit_when_told((intptr_t)arg);
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	handle(SIGUSR1, count_signal, SA_RESTART);
	for (long round = 0; round < iterations; round++) {
		start_exits(ending);
		/* Some are gone by then. */
		for (int i = 0; i < 300; i++)
			pthread_kill(ids[i % threads], SIGUSR1);
		join_exits();
	}
	printf("ended %ld\n", threads * iterations);
	return 0;
}
