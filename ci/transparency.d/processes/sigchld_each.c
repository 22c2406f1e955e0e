/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: SIGCHLD tells the worker that takes it which child ended and how; ignored, children leave no zombie and wait finds none. */
#include "processes.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
	sigset_t set;

	(void)arg;
	settle();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (long i = 0; i < iterations; i++) {
		siginfo_t info;
		pid_t child;

		/* One child at a time: signals of the same number merge. */
		CHECK(pthread_mutex_lock(&turn) == 0);
		child = fork();
		if (child == 0) {
			if (i % 2)
				_exit(70);
			signal(SIGTERM, SIG_DFL);
			raise(SIGTERM);
		}
		CHECK(sigwaitinfo(&set, &info) == SIGCHLD && info.si_pid == child && info.si_uid == getuid());
		CHECK(info.si_code == (i % 2 ? CLD_EXITED : CLD_KILLED) && info.si_status == (i % 2 ? 70 : SIGTERM));
		wait_for(child);
		CHECK(pthread_mutex_unlock(&turn) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	sigset_t set;
	pid_t child;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	run_threads(threads, worker);
	signal(SIGCHLD, SIG_IGN);
	child = fork();
	if (child == 0)
		_exit(0);
	CHECK(waitpid(child, &status, 0) == -1 && errno == ECHILD);
	printf("children %ld\n", threads * iterations);
	return 0;
}
