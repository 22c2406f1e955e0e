/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs on processes share: ends of children, pipes by which parent and child wait for each other. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"

/* Waits for `child`; its status as of waitpid. */
static inline int wait_for(pid_t child)
{
	int status;

	CHECK(child > 0);
	while (waitpid(child, &status, 0) != child)
		CHECK(errno == EINTR);
	return status;
}

/* Waits for `child`, which must exit with `code`. */
static inline void expect_exit(pid_t child, int code)
{
	int status = wait_for(child);

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == code);
}

/* Waits for `child`, which signal `number` must have killed. */
static inline void expect_killed(pid_t child, int number)
{
	int status = wait_for(child);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == number);
}

/* One byte through a pipe: `say` and `hear` are how two processes wait for each other. */
static inline void say(int fd)
{
	CHECK(write(fd, "!", 1) == 1);
}

static inline void hear(int fd)
{
	char byte;

	CHECK(read(fd, &byte, 1) == 1 && byte == '!');
}

/* Reads until the end of file: every writer, of whatever process, is gone. */
static inline void hear_end(int fd)
{
	char byte;

	CHECK(read(fd, &byte, 1) == 0);
}

static inline void open_pipe(int ends[2])
{
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
}

static inline void close_both(const int ends[2])
{
	CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
}

/* A string that /proc/PID/NAME starts with, up to its first newline. */
static inline void read_proc(const char *pid, const char *name, char *text, size_t size)
{
	char path[128];
	ssize_t count;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	count = read(fd, text, size - 1);
	CHECK(count >= 0 && close(fd) == 0);
	text[count] = 0;
	text[strcspn(text, "\n")] = 0;
}

#endif
