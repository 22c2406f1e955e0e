/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a grandchild whose parent is gone becomes a child of the process that a worker made a subreaper. */
#include "processes.h"

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		int status, tell[2], hold[2];
		pid_t self = getpid(), child, grandchild;

		CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
		CHECK(prctl(PR_GET_CHILD_SUBREAPER, &status) == 0 && status == 1);
		open_pipe(tell);
		open_pipe(hold);
		child = fork();
		if (child == 0) {
			grandchild = fork();
			if (grandchild == 0) {
				hear(hold[0]);
				_exit(getppid() == self ? 17 : 18);
			}
			CHECK(write(tell[1], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
			_exit(0);
		}
		CHECK(read(tell[0], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
		expect_exit(child, 0);
		say(hold[1]);
		expect_exit(grandchild, 17);
		close_both(tell);
		close_both(hold);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	run_threads(threads, worker);
	printf("adopted %ld\n", threads * iterations);
	return 0;
}
