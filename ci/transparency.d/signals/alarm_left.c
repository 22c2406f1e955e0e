/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: alarm returns what was left of the one before, whichever thread set it; alarm(0) takes it back; it ends a wait. */
#include "signals.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		unsigned left;

		CHECK(pthread_mutex_lock(&lock) == 0);
		CHECK(alarm(5000) == 0);
		left = alarm(3000);
		CHECK(left > 4900 && left <= 5000);
		left = alarm(0);
		CHECK(left > 2900 && left <= 3000 && alarm(0) == 0);
		CHECK(pthread_mutex_unlock(&lock) == 0);
	}
}

static void last(void)
{
	sigset_t open;

	if (me)
		return;
	sigemptyset(&open);
	CHECK(ualarm(2000, 0) == 0);
	CHECK(sigsuspend(&open) == -1 && errno == EINTR && atomic_load(&caught[0]) == 1);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	handle(SIGALRM, count_signal, SA_RESTART);
	mask(SIG_BLOCK, SIGALRM);
	start_workers(body);
	end_workers();
	start_workers(last);
	end_workers();
	printf("alarms %ld\n", 3 * threads * iterations + 1);
	return 0;
}
