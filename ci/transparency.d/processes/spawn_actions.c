/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: posix_spawn does its file actions and attributes for a worker: descriptors, mask, default signals, process group. */
#include "processes.h"
#include <spawn.h>

extern char **environ;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	char *argv[] = { "sh", "-c", "read line; echo \"got $line\"; echo err >&2; kill -USR1 $$; exit 3", NULL };

	settle();
	for (long i = 0; i < iterations; i++) {
		char name[32], text[32] = "";
		posix_spawn_file_actions_t actions;
		posix_spawnattr_t attributes;
		sigset_t set;
		pid_t child;
		int in[2], fd;

		open_pipe(in);
		snprintf(name, sizeof(name), "out%d", me);
		CHECK(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attributes) == 0);
		CHECK(posix_spawn_file_actions_adddup2(&actions, in[0], 0) == 0);
		CHECK(posix_spawn_file_actions_addopen(&actions, 1, name, O_CREAT | O_TRUNC | O_WRONLY, 0600) == 0);
		CHECK(posix_spawn_file_actions_adddup2(&actions, 1, 2) == 0);
		/* SIGUSR1 is ignored here, but has its default action in the child, blocked: nothing happens. */
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		CHECK(posix_spawnattr_setsigdefault(&attributes, &set) == 0);
		CHECK(posix_spawnattr_setsigmask(&attributes, &set) == 0);
		CHECK(posix_spawnattr_setpgroup(&attributes, 0) == 0);
		CHECK(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
								    POSIX_SPAWN_SETPGROUP) == 0);
		CHECK(posix_spawnp(&child, "sh", &actions, &attributes, argv, environ) == 0);
		CHECK(getpgid(child) == child && getpgid(0) != child);
		CHECK(dprintf(in[1], "line %d\n", me) > 0);
		expect_exit(child, 3);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && close(fd) == 0);
		CHECK(strncmp(text, "got line ", 9) == 0 && atoi(text + 9) == me && strstr(text, "\nerr\n"));
		close_both(in);
		CHECK(posix_spawnattr_destroy(&attributes) == 0 && posix_spawn_file_actions_destroy(&actions) == 0);
		argv[0] = "no such program";
		CHECK(posix_spawn(&child, "./none", NULL, NULL, argv, environ) == ENOENT);
		argv[0] = "sh";
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	signal(SIGUSR1, SIG_IGN);
	run_threads(threads, worker);
	printf("spawned %ld\n", threads * iterations);
	return 0;
}
