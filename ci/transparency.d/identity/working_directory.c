/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: one working directory and one umask are the process's: what a worker changes holds for all, and the old one for none. */
#include "identity.h"
#include <sys/stat.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char base[4096];
static long steps;

static void *worker(void *arg)
{
	char here[4200], expected[4200];
	struct stat st;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		int fd;

		CHECK(pthread_mutex_lock(&turn) == 0);
		/* Where the thread before it has gone, and with its mask. */
		snprintf(expected, sizeof(expected), "%s%s", base, steps % 2 ? "/below" : "");
		CHECK(getcwd(here, sizeof(here)) && strcmp(here, expected) == 0);
		CHECK(umask(steps % 2 ? 022 : 077) == (mode_t)(steps % 2 ? 077 : 022));
		fd = open("made", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
		CHECK(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == (steps % 2 ? 0644 : 0600));
		CHECK(close(fd) == 0 && unlink("made") == 0);
		if (steps % 2) {
			CHECK(chdir("..") == 0);
		} else {
			fd = open("below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			CHECK(fd >= 0 && fchdir(fd) == 0 && close(fd) == 0);
		}
		steps++;
		CHECK(pthread_mutex_unlock(&turn) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	umask(022);
	CHECK(mkdir("below", 0755) == 0 && getcwd(base, sizeof(base)));
	run_threads(threads, worker);
	CHECK(chdir(base) == 0 && rmdir("below") == 0);
	printf("steps %ld\n", steps);
	return 0;
}
