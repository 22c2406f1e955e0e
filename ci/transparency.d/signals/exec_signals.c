/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: execve by a worker resets handlers, keeps ignored signals, its own mask and its pending signals. */
#include "signals.h"

/* The program executed has workers too, so that its last threads are moved as its first were. */
static void *settled(void *arg)
{
	settle();
	return arg;
}

static void after(void)
{
	struct sigaction now;
	stack_t stack;

	CHECK(is_blocked(SIGUSR1) && !is_blocked(SIGUSR2) && is_pending(SIGUSR1) && is_pending(SIGRTMIN));
	CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
	CHECK(sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN);
	CHECK(sigaltstack(NULL, &stack) == 0 && stack.ss_flags == SS_DISABLE);
	handle(SIGUSR1, count_signal, 0);
	me = 0;
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK(atomic_load(&caught[0]) == 1);
	run_threads(threads, settled);
	printf("the new program has what it should\n");
	exit(0);
}

static void body(void)
{
	static char *arguments_after[] = { "exec_signals", "after", NULL };
	stack_t alternate = { .ss_size = 65536 };

	alternate.ss_sp = malloc(alternate.ss_size);
	CHECK(alternate.ss_sp && sigaltstack(&alternate, NULL) == 0);
	if (me != threads - 1)
		for (;;)
			pause();
	CHECK(signal(SIGHUP, SIG_IGN) != SIG_ERR);
	mask(SIG_BLOCK, SIGUSR1);
	mask(SIG_BLOCK, SIGRTMIN);
	CHECK(raise(SIGUSR1) == 0 && kill(getpid(), SIGRTMIN) == 0);
	execv("/proc/self/exe", arguments_after);
	CHECK(!"execv returns");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "after") == 0)
		after();
	arguments(argc, argv, 1);
	handle(SIGUSR1, count_signal, SA_ONSTACK);
	mask(SIG_BLOCK, SIGRTMIN);
	start_workers(body);
	end_workers();
	return 1;
}
