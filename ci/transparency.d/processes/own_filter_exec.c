/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter stays with the process through execve, and what it forbids there nobody else tries. */
#include "own_filter.h"

static char *self;

static void *late(void *arg)
{
	compute();
	CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
	return arg;
}

static void *worker(void *arg)
{
	/* Memory that nobody may be asked for, as if from outside. */
	static const struct sock_filter filter[] = { LOAD(nr), ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV),
						     ON(SYS_userfaultfd, SECCOMP_RET_KILL_PROCESS),
						     ON(NO_CALL, SECCOMP_RET_KILL_PROCESS),
						     ANSWER(SECCOMP_RET_ALLOW) };

	travel();
	if (arg)
		for (;;)
			compute();
	INSTALL(filter, 0);
	execl(self, self, "again", (char *)NULL);
	CHECK(0);
	return NULL;
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "again") == 0) {
		threads = 3;
		run_threads(threads, late);
		CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
		puts("under the filter");
		return 0;
	}
	arguments(argc, argv, 1);
	run_threads(threads, worker);
	return 1;
}
