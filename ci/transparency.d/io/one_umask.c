/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the file mode mask and the working directory are the process's: what one thread sets holds for all, fchdir goes back. */
#include "io.h"

static int start;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[32], path[4096], again[4096];

	snprintf(name, sizeof(name), "made-%d", (int)me);
	settle();
	for (long i = 0; i < iterations; i++) {
		mode_t mask = i % 2 ? 027 : 0;
		struct stat st;
		int fd;

		if (me == i % threads) {
			umask(mask);
			CHECK(chdir("inside") == 0);
		}
		meet();
		fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		CHECK(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == (0666 & ~mask) && close(fd) == 0);
		CHECK(getcwd(path, sizeof(path)) && strcmp(strrchr(path, '/'), "/inside") == 0);
		CHECK(readlink("/proc/self/cwd", again, sizeof(again)) == (ssize_t)strlen(path) &&
		      memcmp(path, again, strlen(path)) == 0);
		snprintf(path, sizeof(path), "inside/%s", name);
		CHECK(fstatat(start, path, &st, 0) == 0 && ERROR_OF(access(path, F_OK)) == ENOENT && unlink(name) == 0);
		meet();
		if (me == (i + 1) % threads)
			CHECK(i % 2 ? chdir("..") == 0 : fchdir(start) == 0);
		meet();
		CHECK(access("inside", F_OK) == 0 && getcwd(path, 1) == NULL && errno == ERANGE);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	start = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(start >= 0 && mkdir("inside", 0700) == 0);
	run_workers(threads, worker);
	CHECK(rmdir("inside") == 0);
	printf("rounds %ld\n", iterations);
	return 0;
}
