/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child that has ended is a zombie until a worker waits for it: it can be signalled, keeps its id, then is unknown. */
#include "processes.h"

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		siginfo_t info = { 0 };
		char pid[16], text[256];
		pid_t child = fork();

		if (child == 0)
			_exit(8);
		CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0 && info.si_status == 8);
		snprintf(pid, sizeof(pid), "%d", child);
		read_proc(pid, "stat", text, sizeof(text));
		CHECK(strstr(text, ") Z ") && atoi(strstr(text, ") Z ") + 4) == getpid());
		read_proc(pid, "cmdline", text, sizeof(text));
		CHECK(text[0] == 0 && kill(child, SIGKILL) == 0);
		expect_exit(child, 8);
		CHECK(kill(child, 0) == -1 && errno == ESRCH);
		snprintf(text, sizeof(text), "/proc/%d", child);
		CHECK(access(text, F_OK) == -1 && errno == ENOENT);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_threads(threads, worker);
	printf("zombies %ld\n", threads * iterations);
	return 0;
}
