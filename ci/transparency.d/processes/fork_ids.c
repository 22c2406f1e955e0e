/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker's fork gives the parent the child's id, and the child a process of one thread whose parent it is, with its own id. */
#include "processes.h"

static pid_t process;

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		pid_t tid = gettid(), self = (pid_t)syscall(SYS_getpid), child = fork();

		if (child == 0) {
			CHECK(getpid() != process && gettid() == getpid() && getppid() == process);
			CHECK(getpgrp() == getpgid(process) && getsid(0) == getsid(process));
			CHECK(gettid() != tid);
			_exit(23);
		}
		CHECK(child > 0 && child != process && child != tid && self == process && gettid() == tid);
		expect_exit(child, 23);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	process = getpid();
	run_threads(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
