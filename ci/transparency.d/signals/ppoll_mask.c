/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: ppoll opens its mask and waits in one step: a signal that was blocked before ends it with EINTR, and the mask is back. */
#include <poll.h>

#include "signals.h"

static volatile long turn;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	turn++;
}

static void body(void)
{
	sigset_t open;

	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &open) == 0 && sigismember(&open, SIGUSR1));
	sigdelset(&open, SIGUSR1);
	for (long i = 0; i < iterations; i++) {
		if (i || me)
			CHECK(ppoll(NULL, 0, NULL, &open) == -1 && errno == EINTR);
		CHECK(is_blocked(SIGUSR1) && turn == i * threads + me);
		if (turn + 1 == iterations * threads)
			break;
		CHECK(pthread_kill(ids[(me + 1) % threads], SIGUSR1) == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	handle(SIGUSR1, on_signal, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR1);
	start_workers(body);
	end_workers();
	CHECK(turn == iterations * threads - 1);
	printf("turns %ld\n", turn);
	return 0;
}
