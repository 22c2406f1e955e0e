/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: system runs a shell for a worker and returns its status; popen writes to a command, pclose returns its status. */
#include "processes.h"

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		char command[64];
		int status;
		FILE *in;

		snprintf(command, sizeof(command), "exit %d", me + 3);
		status = system(command);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == me + 3);
		status = system("kill -TERM $$");
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
		snprintf(command, sizeof(command), "cat >into%d; exit 5", me);
		in = popen(command, "we");
		CHECK(in && fprintf(in, "from worker %d\n", me) > 0);
		status = pclose(in);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	CHECK(system(NULL) != 0);
	printf("commands %ld\n", 3 * threads * iterations);
	return 0;
}
