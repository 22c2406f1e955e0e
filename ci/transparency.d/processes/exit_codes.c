/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: every exit code of a child, and every way a signal ends one, is what its parent's worker is told. */
#include "processes.h"

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	static const int fatal[] = { SIGKILL, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGPIPE, SIGVTALRM, SIGIO };

	settle();
	for (int i = 0; i < iterations; i++) {
		int code = (me + i * threads) % 256, number = fatal[i % 8];
		siginfo_t info = { 0 };
		pid_t child = fork();

		if (child == 0)
			_exit(code);
		expect_exit(child, code);
		if (i % 8 != me % 8)
			continue;
		child = fork();
		if (child == 0) {
			signal(number, SIG_DFL);
			raise(number);
			_exit(0);
		}
		CHECK(waitid(P_PID, (id_t)child, &info, WEXITED) == 0);
		CHECK(info.si_signo == SIGCHLD && info.si_code == CLD_KILLED && info.si_status == number);
		CHECK(info.si_pid == child && info.si_uid == getuid());
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 64);
	run_threads(threads, worker);
	printf("told of %ld\n", threads * iterations);
	return 0;
}
