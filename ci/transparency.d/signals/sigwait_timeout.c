/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sigtimedwait ends with EAGAIN at its time, not before, at once for zero, and takes what is pending already. */
#include "signals.h"

static void body(void)
{
	sigset_t set = set_of(SIGUSR1, SIGRTMIN + 1);
	struct timespec nothing = { 0, 0 }, nap = { 0, 8000000 }, wrong = { 0, 1000000000 }, hour = { 3600, 0 };
	siginfo_t info;

	for (long i = 0; i < iterations; i++) {
		double start = seconds();

		CHECK(sigtimedwait(&set, &info, &nap) == -1 && errno == EAGAIN && seconds() - start >= 0.008);
		CHECK(sigtimedwait(&set, &info, &nothing) == -1 && errno == EAGAIN);
		CHECK(sigtimedwait(&set, &info, &wrong) == -1 && errno == EINVAL);
		CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 1, value_of((int)i)) == 0);
		CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0);
		CHECK(sigtimedwait(&set, &info, &nothing) == SIGUSR1 && info.si_pid == getpid());
		CHECK(sigtimedwait(&set, &info, &hour) == SIGRTMIN + 1 && info.si_value.sival_int == (int)i);
		CHECK(!is_pending(SIGUSR1) && !is_pending(SIGRTMIN + 1));
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	mask(SIG_BLOCK, SIGUSR1);
	mask(SIG_BLOCK, SIGRTMIN + 1);
	start_workers(body);
	end_workers();
	printf("timeouts %ld\n", 2 * threads * iterations);
	return 0;
}
