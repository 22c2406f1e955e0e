/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: workers put children into process groups, signal a whole group and wait for its members only. */
#include "processes.h"

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		pid_t members[3], other;
		int seen = 0, status, ends[2];

		open_pipe(ends);
		for (int k = 0; k < 3; k++) {
			members[k] = fork();
			if (members[k] == 0)
				for (;;)
					pause();
			CHECK(members[k] > 0 && setpgid(members[k], members[0]) == 0);
			CHECK(getpgid(members[k]) == members[0]);
		}
		other = fork();
		if (other == 0) {
			hear(ends[0]);
			_exit(1);
		}
		CHECK(waitpid(-members[0], &status, WNOHANG) == 0);
		CHECK(kill(-members[0], SIGTERM) == 0);
		for (int k = 0; k < 3; k++) {
			pid_t ended = waitpid(-members[0], &status, 0);

			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
			for (int m = 0; m < 3; m++)
				seen += ended == members[m] ? 1 << m : 0;
		}
		CHECK(seen == 7 && waitpid(-members[0], &status, 0) == -1 && errno == ECHILD);
		CHECK(kill(-members[0], 0) == -1 && errno == ESRCH);
		say(ends[1]);
		expect_exit(other, 1);
		close_both(ends);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	run_threads(threads, worker);
	printf("groups %ld\n", threads * iterations);
	return 0;
}
