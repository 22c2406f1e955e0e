/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: calls that send signals answer as ever: ESRCH, EINVAL, 0 for number 0; what can't be caught can't be set. */
#include "signals.h"

static void body(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigset_t all, now;

	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_kill(pthread_self(), 0) == 0 && pthread_kill(pthread_self(), 99) == EINVAL);
		CHECK(kill(getpid(), 0) == 0 && kill(getpid(), 99) == -1 && errno == EINVAL);
		CHECK(syscall(SYS_tgkill, getpid(), gettid(), 0) == 0);
		CHECK(syscall(SYS_tgkill, getppid(), gettid(), 0) == -1 && errno == ESRCH);
		CHECK(syscall(SYS_tgkill, getpid(), 0x3ffffff0, SIGUSR1) == -1 && errno == ESRCH);
		CHECK(kill(0x3ffffff0, SIGUSR1) == -1 && errno == ESRCH);
		CHECK(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
		CHECK(sigaction(SIGSTOP, &action, NULL) == -1 && errno == EINVAL);
		CHECK(sigaction(65, &action, NULL) == -1 && errno == EINVAL);
		sigfillset(&all);
		CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
		CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
		CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGRTMAX) && !sigismember(&now, SIGKILL) &&
		      !sigismember(&now, SIGSTOP));
		sigemptyset(&all);
		CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0 && pthread_sigmask(77, &all, NULL) == EINVAL);
		CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8) == -1 && errno == EFAULT);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	start_workers(body);
	end_workers();
	printf("answers %ld\n", threads * iterations);
	return 0;
}
