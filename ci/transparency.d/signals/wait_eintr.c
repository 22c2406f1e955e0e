/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: wait4 and waitid for a running child end with EINTR without SA_RESTART. */
#include "signals.h"

static pid_t child;

static void body(void)
{
	siginfo_t info;
	int status;

	for (long i = 0; i < iterations; i++) {
		CHECK(waitpid(child, &status, 0) == -1 && errno == EINTR);
		CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == -1 && errno == EINTR);
	}
}

int main(int argc, char **argv)
{
	int ends[2];
	char byte;

	arguments(argc, argv, 3);
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		/* Ends with its parent at the latest. */
		close(ends[1]);
		CHECK(read(ends[0], &byte, 1) == 0);
		_exit(3);
	}
	interrupt_workers(0, body);
	close(ends[1]);
	CHECK(WEXITSTATUS(wait_for(child)) == 3);
	printf("interrupted %ld\n", 2 * threads * iterations);
	return 0;
}
