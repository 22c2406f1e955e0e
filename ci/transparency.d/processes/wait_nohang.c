/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: WNOHANG finds nothing while a child runs, WNOWAIT leaves it to be waited for again, and then it is gone: ECHILD. */
#include "processes.h"
#include <sys/resource.h>

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		siginfo_t info = { .si_pid = 1 };
		struct rusage usage;
		int hold[2], status;
		pid_t child;

		open_pipe(hold);
		child = fork();
		if (child == 0) {
			hear(hold[0]);
			_exit(5);
		}
		CHECK(child > 0 && waitpid(child, &status, WNOHANG) == 0);
		CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
		say(hold[1]);
		CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0);
		CHECK(info.si_pid == child && info.si_code == CLD_EXITED && info.si_status == 5);
		CHECK(kill(child, 0) == 0);
		CHECK(wait4(child, &status, 0, &usage) == child && WEXITSTATUS(status) == 5);
		CHECK(usage.ru_maxrss > 0 && kill(child, 0) == -1 && errno == ESRCH);
		CHECK(waitpid(child, &status, 0) == -1 && errno == ECHILD);
		close_both(hold);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	run_threads(threads, worker);
	printf("waited %ld\n", threads * iterations);
	return 0;
}
