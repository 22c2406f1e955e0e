/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: of threads that create one name with O_EXCL, mkdir, link or symlink at the same time exactly one succeeds; mkstemp's differ. */
#include "io.h"

static atomic_long won[4];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char own[32], temporary[32];

	snprintf(own, sizeof(own), "own-%d", (int)me);
	CHECK(close(new_file(own)) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		int answers[4], fd;
		struct stat st;

		meet();
		answers[0] = open("file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		CHECK(answers[0] >= 0 || errno == EEXIST);
		answers[1] = mkdir("directory", 0700);
		CHECK(answers[1] == 0 || errno == EEXIST);
		answers[2] = link(own, "link");
		CHECK(answers[2] == 0 || errno == EEXIST);
		answers[3] = symlink(own, "symbolic");
		CHECK(answers[3] == 0 || errno == EEXIST);
		if (answers[0] >= 0)
			CHECK(close(answers[0]) == 0);
		for (int k = 0; k < 4; k++)
			if (answers[k] >= 0)
				atomic_fetch_add(&won[k], 1);
		meet();
		for (int k = 0; k < 4; k++)
			CHECK(atomic_load(&won[k]) == i + 1);
		strcpy(temporary, "temporary-XXXXXX");
		fd = mkostemp(temporary, O_CLOEXEC);
		CHECK(fd >= 0 && strncmp(temporary, "temporary-", 10) == 0 && strlen(temporary) == 16);
		CHECK(fstat(fd, &st) == 0 && st.st_size == 0 && (st.st_mode & 0777) == 0600);
		CHECK(stat(own, &st) == 0 && st.st_nlink == (answers[2] == 0 ? 2 : 1) && unlink(temporary) == 0 &&
		      close(fd) == 0);
		meet();
		if (me == i % threads)
			CHECK(unlink("file") == 0 && rmdir("directory") == 0 && unlink("link") == 0 &&
			      unlink("symbolic") == 0);
	}
	CHECK(unlink(own) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(threads, worker);
	printf("won %ld\n", atomic_load(&won[0]));
	return 0;
}
