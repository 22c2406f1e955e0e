/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a moved thread starts other programs (vfork and exec, a shell with a pipe), and they inherit what they should. */
#include <spawn.h>
#include <sys/wait.h>

#include "check.h"

extern char **environ;
static char answers[MAX_THREADS][64];

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		char text[32], command[64], *argv[] = { "sh", "-c", command, NULL };
		pid_t child;
		int status;
		FILE *pipe;

		snprintf(command, sizeof(command), "exit %d", me + 10);
		CHECK(posix_spawnp(&child, "sh", NULL, NULL, argv, environ) == 0);
		CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == me + 10);
		snprintf(command, sizeof(command), "echo thread $((%d * 2)) $INHERITED", me);
		pipe = popen(command, "re");
		CHECK(pipe && fgets(text, sizeof(text), pipe) && pclose(pipe) == 0);
		snprintf(answers[me], sizeof(answers[me]), "%s", text);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	setenv("INHERITED", "yes", 1);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++)
		fputs(answers[i], stdout);
	return 0;
}
