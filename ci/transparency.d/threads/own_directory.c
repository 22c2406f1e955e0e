/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: after unshare(CLONE_FS) a thread's working directory and umask are its own; until then they are all the threads'. */
#include <sched.h>
#include <sys/stat.h>

#include "threads.h"

static char start[PATH_MAX];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[16], where[PATH_MAX];

	settle();
	snprintf(name, sizeof(name), "dir%d", (int)me);
	CHECK(mkdir(name, 0700) == 0);
	meet();
	if (me == 0)
		CHECK(chdir("dir0") == 0);
	meet();
	CHECK(getcwd(where, sizeof(where)) && strcmp(where + strlen(where) - 5, "/dir0") == 0);
	meet();
	if (me == 0)
		CHECK(chdir("..") == 0);
	meet();
	CHECK(unshare(CLONE_FS) == 0 && chdir(name) == 0);
	umask((mode_t)me & 7);
	meet();
	for (long i = 0; i < iterations; i++) {
		struct stat info;
		char file[16], path[40];
		int fd;

		snprintf(file, sizeof(file), "f%d", (int)(i & 0xffff));
		fd = open(file, O_CREAT | O_EXCL | O_WRONLY, 0666);
		CHECK(fd >= 0 && fstat(fd, &info) == 0 && (info.st_mode & 07777) == (0666 & ~((mode_t)me & 7)));
		CHECK(close(fd) == 0);
		snprintf(path, sizeof(path), "../%s/%s", name, file);
		CHECK(stat(path, &info) == 0 && unlink(file) == 0);
		CHECK(getcwd(where, sizeof(where)) && strncmp(where, start, strlen(start)) == 0 &&
		      strcmp(where + strlen(start) + 1, name) == 0);
	}
	CHECK(chdir("..") == 0 && rmdir(name) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	char where[PATH_MAX];

	arguments(argc, argv, 15);
	CHECK(getcwd(start, sizeof(start)));
	run_workers(worker);
	CHECK(getcwd(where, sizeof(where)) && strcmp(where, start) == 0);
	printf("files %ld\n", threads * iterations);
	return 0;
}
