/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler is told how the signal was sent: si_code, sender's process and user, and the value where there is one. */
#include "signals.h"

static __thread volatile siginfo_t last;
static __thread volatile long count;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(number == info->si_signo);
	last = *info;
	count++;
}

static void body(void)
{
	pid_t own = getpid(), thread = gettid();

	for (long i = 0; i < iterations; i++) {
		siginfo_t made = { .si_signo = SIGUSR2, .si_code = -77 };

		count = 0;
		CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0 && count == 1 && last.si_code == SI_TKILL);
		CHECK(last.si_pid == own && last.si_uid == getuid());
		CHECK(syscall(SYS_tgkill, own, thread, SIGUSR2) == 0 && count == 2 && last.si_code == SI_TKILL);
		CHECK(last.si_signo == SIGUSR2 && last.si_pid == own);
		CHECK(syscall(SYS_tkill, thread, SIGUSR2) == 0 && count == 3 && last.si_code == SI_TKILL);
		CHECK(raise(SIGUSR1) == 0 && count == 4 && last.si_code == SI_TKILL);
		CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN, value_of((int)i + me)) == 0 && count == 5);
		CHECK(last.si_code == SI_QUEUE && last.si_value.sival_int == (int)i + me && last.si_pid == own);
		made.si_value = value_of(4711);
		CHECK(syscall(SYS_rt_tgsigqueueinfo, own, thread, SIGUSR2, &made) == 0 && count == 6);
		CHECK(last.si_code == -77 && last.si_value.sival_int == 4711);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	handle(SIGUSR1, on_signal, 0);
	handle(SIGUSR2, on_signal, 0);
	handle(SIGRTMIN, on_signal, 0);
	start_workers(body);
	end_workers();
	printf("signals %ld\n", 6 * threads * iterations);
	return 0;
}
