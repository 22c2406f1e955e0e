/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: realpath resolves links, dots and the working directory for a moved thread, and says what is missing or a loop. */
#include <limits.h>

#include "io.h"

static char here[PATH_MAX];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[64], path[64], wanted[PATH_MAX + 64], got[PATH_MAX];

	settle();
	for (long i = 0; i < iterations; i++) {
		snprintf(name, sizeof(name), "d%d", (int)me);
		CHECK(mkdir(name, 0700) == 0);
		snprintf(path, sizeof(path), "d%d/file", (int)me);
		CHECK(close(new_file(path)) == 0);
		snprintf(path, sizeof(path), "d%d/up", (int)me);
		snprintf(name, sizeof(name), "../d%d/./file", (int)me);
		CHECK(symlink(name, path) == 0);
		snprintf(wanted, sizeof(wanted), "%s/d%d/file", here, (int)me);
		CHECK(realpath(path, got) == got && strcmp(got, wanted) == 0);
		snprintf(name, sizeof(name), "./d%d//../d%d/up", (int)me, (int)me);
		CHECK(realpath(name, got) == got && strcmp(got, wanted) == 0);
		CHECK(realpath(".", got) == got && strcmp(got, here) == 0);
		snprintf(name, sizeof(name), "d%d/none/x", (int)me);
		CHECK(realpath(name, got) == NULL && errno == ENOENT);
		snprintf(name, sizeof(name), "d%d/file/x", (int)me);
		CHECK(realpath(name, got) == NULL && errno == ENOTDIR);
		CHECK(unlink(path) == 0 && symlink("up", path) == 0 && realpath(path, got) == NULL && errno == ELOOP);
		CHECK(unlink(path) == 0);
		snprintf(path, sizeof(path), "d%d/file", (int)me);
		CHECK(unlink(path) == 0);
		snprintf(path, sizeof(path), "d%d", (int)me);
		CHECK(rmdir(path) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	CHECK(getcwd(here, sizeof(here)));
	run_workers(threads, worker);
	printf("paths %ld\n", threads * iterations * 6);
	return 0;
}
