/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: of signals queued for the process none is lost or changed that finds a thread in its exit: another thread handles it, with its value. */
#include "exits.h"

#define SIGNALS 300

static atomic_long handled, sum;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(number == SIGRTMIN && info->si_code == SI_QUEUE && info->si_pid == getpid());
	atomic_fetch_add(&sum, (intptr_t)info->si_value.sival_ptr);
	atomic_fetch_add(&handled, 1);
}

static void *ending(void *arg)
{
	mask(SIG_UNBLOCK, SIGRTMIN);
	exit_when_told((intptr_t)arg);
	return arg;
}

/* Takes what the others leave. */
static void *staying(void *arg)
{
	mask(SIG_UNBLOCK, SIGRTMIN);
	while (!atomic_load(&leave))
		usleep(1000);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t keeper;
	long queued = 0;

	arguments(argc, argv, 8);
	handle(SIGRTMIN, on_signal, SA_RESTART);
	mask(SIG_BLOCK, SIGRTMIN);
	CHECK(pthread_create(&keeper, NULL, staying, NULL) == 0);
	for (long round = 0; round < iterations; round++) {
		start_exits(ending);
		for (int i = 0; i < SIGNALS; i++) {
			union sigval value = { .sival_ptr = (void *)(intptr_t)++queued };

			CHECK(sigqueue(getpid(), SIGRTMIN, value) == 0);
		}
		join_exits();
	}
	while (atomic_load(&handled) < queued)
		usleep(1000);
	atomic_store(&leave, 1);
	CHECK(pthread_join(keeper, NULL) == 0);
	CHECK(atomic_load(&handled) == queued && atomic_load(&sum) == queued * (queued + 1) / 2);
	printf("handled %ld\n", queued);
	return 0;
}
