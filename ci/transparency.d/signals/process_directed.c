/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a signal to the process runs once, in the one thread that does not block it, before kill returns if that is the caller. */
#include "signals.h"

static volatile long count;
static volatile int where, code, value;
static atomic_long turn;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	where = me;
	code = info->si_code;
	value = info->si_value.sival_int;
	count++;
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		while (atomic_load(&turn) % threads != me)
			usleep(20);
		mask(SIG_UNBLOCK, SIGUSR1);
		where = -1;
		CHECK(kill(getpid(), SIGUSR1) == 0 && where == me && code == SI_USER);
		CHECK(sigqueue(getpid(), SIGUSR1, value_of((int)i)) == 0 && value == (int)i && code == SI_QUEUE);
		mask(SIG_BLOCK, SIGUSR1);
		CHECK(kill(getpid(), SIGUSR1) == 0 && is_pending(SIGUSR1));
		where = -1;
		mask(SIG_UNBLOCK, SIGUSR1);
		CHECK(where == me);
		mask(SIG_BLOCK, SIGUSR1);
		atomic_fetch_add(&turn, 1);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	handle(SIGUSR1, on_signal, 0);
	mask(SIG_BLOCK, SIGUSR1);
	start_workers(body);
	end_workers();
	CHECK(count == 3 * threads * iterations);
	printf("handled %ld\n", count);
	return 0;
}
