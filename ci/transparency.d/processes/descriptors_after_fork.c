/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child has descriptors of its own for the files of its parent: offsets are shared, closing is not. */
#include "processes.h"

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	char name[16], text[8] = "";

	settle();
	snprintf(name, sizeof(name), "file%d", me);
	for (long i = 0; i < iterations; i++) {
		int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
		pid_t child;

		CHECK(fd >= 0 && write(fd, "ab", 2) == 2);
		child = fork();
		if (child == 0) {
			CHECK(lseek(fd, 0, SEEK_CUR) == 2 && write(fd, "cd", 2) == 2 && close(fd) == 0);
			_exit(0);
		}
		expect_exit(child, 0);
		CHECK(lseek(fd, 0, SEEK_CUR) == 4 && write(fd, "ef", 2) == 2);
		CHECK(pread(fd, text, 7, 0) == 6 && strcmp(text, "abcdef") == 0 && close(fd) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_threads(threads, worker);
	printf("files %d\n", threads);
	return 0;
}
