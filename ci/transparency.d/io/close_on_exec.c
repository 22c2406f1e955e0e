/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program started by a moved thread has the descriptors without close-on-exec, and those only; close_range closes the rest. */
#include <spawn.h>
#include <sys/syscall.h>

#include "io.h"

extern char **environ;

/* The status of a shell that tests if the two descriptors are open: 1 for the first, 2 for the second. */
static int open_in_child(int first, int second)
{
	char script[200];
	char *words[] = { "sh", "-c", script, NULL };
	int status;
	pid_t child;

	snprintf(script, sizeof(script),
		 "s=0; [ -e /proc/self/fd/%d ] && s=1; [ -e /proc/self/fd/%d ] && s=$((s+2)); exit $s", first, second);
	CHECK(posix_spawn(&child, "/bin/sh", NULL, NULL, words, environ) == 0);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int first = 300 + 4 * (int)me, second = first + 1, zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	CHECK(zero >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(dup2(zero, first) == first && dup3(zero, second, O_CLOEXEC) == second);
		CHECK(open_in_child(first, second) == 1);
		CHECK(fcntl(first, F_SETFD, FD_CLOEXEC) == 0 && fcntl(second, F_SETFD, 0) == 0);
		CHECK(open_in_child(first, second) == 2);
		CHECK(syscall(SYS_close_range, first, second, 0) == 0 && ERROR_OF(fcntl(first, F_GETFD)) == EBADF);
		CHECK(open_in_child(first, second) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2);
	run_workers(threads, worker);
	printf("programs %ld\n", threads * iterations * 3);
	return 0;
}
