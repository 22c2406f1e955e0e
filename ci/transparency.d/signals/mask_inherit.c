/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a new thread has its creator's mask but none of its pending signals; a mask is its own thread's only. */
#include "signals.h"

static void *child(void *arg)
{
	CHECK(is_blocked(SIGUSR1) && !is_blocked(SIGUSR2) && is_blocked(SIGRTMIN + 3) && !is_pending(SIGUSR1));
	mask(SIG_UNBLOCK, SIGUSR1);
	mask(SIG_BLOCK, SIGUSR2);
	CHECK(!is_blocked(SIGUSR1) && is_blocked(SIGUSR2));
	return arg;
}

static void body(void)
{
	CHECK(!is_blocked(SIGUSR1));
	for (long i = 0; i < iterations; i++) {
		pthread_t id;

		mask(SIG_BLOCK, SIGUSR1);
		mask(SIG_BLOCK, SIGRTMIN + 3);
		CHECK(raise(SIGUSR1) == 0 && is_pending(SIGUSR1));
		CHECK(pthread_create(&id, NULL, child, NULL) == 0 && pthread_join(id, NULL) == 0);
		CHECK(is_blocked(SIGUSR1) && !is_blocked(SIGUSR2) && is_pending(SIGUSR1));
		mask(SIG_UNBLOCK, SIGUSR1);
		CHECK(!is_pending(SIGUSR1) && atomic_load(&caught[me]) == i + 1);
		mask(SIG_UNBLOCK, SIGRTMIN + 3);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	handle(SIGUSR1, count_signal, 0);
	start_workers(body);
	end_workers();
	CHECK(!is_blocked(SIGUSR1) && !is_blocked(SIGUSR2));
	printf("threads %ld\n", threads * iterations);
	return 0;
}
