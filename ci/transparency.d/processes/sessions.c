/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: setsid gives a worker's child a session and a group of its own; a leader can't ask twice, nor the parent move it. */
#include "processes.h"

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		int ready[2], hold[2];
		pid_t session = getsid(0), child;

		open_pipe(ready);
		open_pipe(hold);
		child = fork();
		if (child == 0) {
			CHECK(getsid(0) == session && setsid() == getpid());
			CHECK(getsid(0) == getpid() && getpgrp() == getpid());
			CHECK(setsid() == -1 && errno == EPERM);
			CHECK(open("/dev/tty", O_RDWR | O_CLOEXEC) == -1 && errno == ENXIO);
			say(ready[1]);
			hear(hold[0]);
			_exit(0);
		}
		CHECK(child > 0);
		hear(ready[0]);
		CHECK(getsid(child) == child && getpgid(child) == child && getsid(0) == session);
		CHECK(setpgid(child, getpgrp()) == -1 && errno == EPERM);
		say(hold[1]);
		expect_exit(child, 0);
		close_both(ready);
		close_both(hold);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_threads(threads, worker);
	printf("sessions %ld\n", threads * iterations);
	return 0;
}
