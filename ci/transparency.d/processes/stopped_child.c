/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker is told that its child stopped, was continued and ended, each once and in this order. */
#include "processes.h"

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		siginfo_t info = { 0 };
		int status, ends[2];
		pid_t child;

		open_pipe(ends);
		child = fork();

		if (child == 0) {
			raise(SIGSTOP);
			/* Not before its parent has seen it continue, which the next stop would undo. */
			hear(ends[0]);
			raise(SIGTSTP);
			_exit(9);
		}
		CHECK(child > 0 && waitpid(child, &status, WUNTRACED) == child);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		CHECK(waitpid(child, &status, WUNTRACED | WNOHANG) == 0);
		CHECK(kill(child, SIGCONT) == 0);
		CHECK(waitid(P_PID, (id_t)child, &info, WCONTINUED) == 0 && info.si_code == CLD_CONTINUED);
		say(ends[1]);
		/* Where the session has nobody to continue it, the group is orphaned and SIGTSTP stops nobody. */
		CHECK(waitpid(child, &status, WUNTRACED) == child);
		if (WIFSTOPPED(status)) {
			CHECK(WSTOPSIG(status) == SIGTSTP && kill(child, SIGCONT) == 0);
			CHECK(waitpid(child, &status, 0) == child);
		}
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
		close_both(ends);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_threads(threads, worker);
	printf("stopped %ld\n", threads * iterations);
	return 0;
}
