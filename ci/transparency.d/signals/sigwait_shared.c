/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: of many threads in sigwaitinfo each signal to the process is taken by exactly one, and none is lost. */
#include "signals.h"

#define SIGNALS 40

static atomic_int taken[SIGNALS];
static atomic_long total;

static void body(void)
{
	sigset_t set = set_of(SIGRTMIN + 4, SIGRTMIN + 5);
	siginfo_t info;

	for (;;) {
		int number = sigwaitinfo(&set, &info);

		/* As natively, a thread that is woken too late finds that another took the signal. */
		if (number == -1 && errno == EINTR)
			continue;
		CHECK(number == SIGRTMIN + 4 || number == SIGRTMIN + 5);
		if (number == SIGRTMIN + 5)
			break;
		CHECK(info.si_code == SI_QUEUE);
		atomic_fetch_add(&taken[info.si_value.sival_int], 1);
		atomic_fetch_add(&total, 1);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	mask(SIG_BLOCK, SIGRTMIN + 4);
	mask(SIG_BLOCK, SIGRTMIN + 5);
	start_workers(body);
	for (long n = 1; n <= iterations; n++) {
		for (int i = 0; i < SIGNALS; i++)
			CHECK(sigqueue(getpid(), SIGRTMIN + 4, value_of(i)) == 0);
		while (atomic_load(&total) < n * SIGNALS)
			usleep(100);
		for (int i = 0; i < SIGNALS; i++)
			CHECK(atomic_load(&taken[i]) == n);
	}
	for (int i = 0; i < threads; i++)
		CHECK(sigqueue(getpid(), SIGRTMIN + 5, value_of(0)) == 0);
	end_workers();
	CHECK(atomic_load(&total) == iterations * SIGNALS && !is_pending(SIGRTMIN + 5));
	printf("taken %ld\n", atomic_load(&total));
	return 0;
}
