/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker's name is its own, its forked child has the same, and the program it executes goes by its file's name. */
#include "processes.h"

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		char name[16], got[32], pid[16];
		FILE *out;
		pid_t child;

		snprintf(name, sizeof(name), "w%d-%d", me % 100, (int)(i % 1000));
		CHECK(prctl(PR_SET_NAME, name) == 0);
		CHECK(prctl(PR_GET_NAME, got) == 0 && strcmp(got, name) == 0);
		read_proc("thread-self", "comm", got, sizeof(got));
		CHECK(strcmp(got, name) == 0);
		snprintf(pid, sizeof(pid), "%d", getpid());
		read_proc(pid, "comm", got, sizeof(got));
		CHECK(strcmp(got, "names") == 0);
		child = fork();
		if (child == 0) {
			read_proc("self", "comm", got, sizeof(got));
			CHECK(strcmp(got, name) == 0);
			_exit(0);
		}
		expect_exit(child, 0);
		out = popen("cat /proc/self/comm", "re");
		CHECK(out && fgets(got, sizeof(got), out) && strcmp(got, "cat\n") == 0 && pclose(out) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_threads(threads, worker);
	printf("names %ld\n", threads * iterations);
	return 0;
}
