/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs on identity share: files of /proc as text, ids found in directories of /proc. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "check.h"

/* All of a file, which must be shorter than `size`, with a 0 behind it; returns how many bytes. */
static inline size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t count;

	CHECK(fd >= 0);
	while ((count = read(fd, text + have, size - 1 - have)) > 0)
		have += (size_t)count;
	CHECK(count == 0 && have < size - 1 && close(fd) == 0);
	text[have] = 0;
	return have;
}

/* Target of a symbolic link. */
static inline void read_link(const char *path, char *text, size_t size)
{
	ssize_t count = readlink(path, text, size - 1);

	CHECK(count > 0);
	text[count] = 0;
}

/* The number behind `name` and a colon at the start of a line, as in /proc/PID/status; -1: no such line. */
static inline long field(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return strtol(line + length + 1, NULL, 10);
	return -1;
}

#endif
