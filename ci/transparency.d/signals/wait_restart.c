/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: wait4 goes on after handlers with SA_RESTART and returns the status of the child that ends later. */
#include "signals.h"

static int ends[MAX_THREADS][2];

static void body(void)
{
	int status;
	char byte;
	pid_t child = fork();

	if (child == 0) {
		CHECK(read(ends[me][0], &byte, 1) == 1);
		_exit(20 + me);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 20 + me);
}

static void release(int i)
{
	CHECK(write(ends[i][1], "x", 1) == 1);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(ends[i]) == 0);
	restart_workers(body, release);
	printf("restarted %ld\n", threads * iterations);
	return 0;
}
