/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: SIGCHLD tells which child of a worker ended and how; ignored, children leave nothing to wait for. */
#include "signals.h"

static volatile pid_t child;
static volatile int seen_code, seen_status;
static volatile long count;

static void on_child(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(me == 0 && number == SIGCHLD);
	child = info->si_pid;
	seen_code = info->si_code;
	seen_status = info->si_status;
	count++;
}

static pid_t start(int how)
{
	pid_t made = fork();

	if (made == 0) {
		if (how)
			raise(SIGKILL);
		_exit(33);
	}
	CHECK(made > 0);
	return made;
}

static void body(void)
{
	sigset_t open;

	if (me)
		return;
	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &open) == 0);
	sigdelset(&open, SIGCHLD);
	for (long i = 0; i < iterations; i++) {
		int how = (int)(i % 2), status;
		pid_t made = start(how);

		CHECK(sigsuspend(&open) == -1 && errno == EINTR && count == i + 1 && child == made);
		CHECK(seen_code == (how ? CLD_KILLED : CLD_EXITED) && seen_status == (how ? SIGKILL : 33));
		status = wait_for(made);
		CHECK(how ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 33);
	}
	CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	start(0);
	while (waitpid(-1, NULL, 0) != -1)
		CHECK(!"a child of one who ignores SIGCHLD is none to wait for");
	CHECK(errno == ECHILD);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	handle(SIGCHLD, on_child, SA_NOCLDSTOP);
	mask(SIG_BLOCK, SIGCHLD);
	start_workers(body);
	end_workers();
	printf("children %ld\n", count);
	return 0;
}
