/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the calls relative to a directory's descriptor work there, also after the directory was renamed by another thread. */
#include "io.h"

static int directory;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char file[32], link[32], symbolic[32], sub[32], text[64];

	snprintf(file, sizeof(file), "file-%d", (int)me);
	snprintf(link, sizeof(link), "link-%d", (int)me);
	snprintf(symbolic, sizeof(symbolic), "symbolic-%d", (int)me);
	snprintf(sub, sizeof(sub), "sub-%d", (int)me);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct stat st, again;
		int fd;

		if (me == i % threads)
			CHECK(rename(i % 2 ? "two" : "one", i % 2 ? "one" : "two") == 0);
		meet();
		fd = openat(directory, file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		CHECK(fd >= 0 && write(fd, "at", 2) == 2 && fstat(fd, &st) == 0 && close(fd) == 0);
		CHECK(ERROR_OF(openat(directory, file, O_RDWR | O_CREAT | O_EXCL, 0640)) == EEXIST);
		CHECK(linkat(directory, file, directory, link, 0) == 0 && symlinkat(file, directory, symbolic) == 0);
		CHECK(fstatat(directory, symbolic, &again, 0) == 0 && again.st_ino == st.st_ino && again.st_nlink == 2);
		CHECK(fstatat(directory, symbolic, &again, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(again.st_mode));
		CHECK(readlinkat(directory, symbolic, text, sizeof(text)) == (ssize_t)strlen(file) &&
		      memcmp(text, file, strlen(file)) == 0);
		CHECK(readlinkat(directory, symbolic, text, 3) == 3 &&
		      ERROR_OF(readlinkat(directory, file, text, 9)) == EINVAL);
		CHECK(ERROR_OF(openat(directory, symbolic, O_RDONLY | O_NOFOLLOW)) == ELOOP);
		CHECK(mkdirat(directory, sub, 0700) == 0 && ERROR_OF(unlinkat(directory, sub, 0)) == EISDIR);
		CHECK(faccessat(directory, sub, R_OK | X_OK, 0) == 0 &&
		      ERROR_OF(faccessat(directory, "no", F_OK, 0)) == ENOENT);
		CHECK(fchmodat(directory, file, 0600, 0) == 0 && fstatat(directory, link, &again, 0) == 0);
		CHECK((again.st_mode & 0777) == 0600 && unlinkat(directory, sub, AT_REMOVEDIR) == 0);
		CHECK(unlinkat(directory, link, 0) == 0 && unlinkat(directory, symbolic, 0) == 0 &&
		      unlinkat(directory, file, 0) == 0);
		CHECK(ERROR_OF(unlinkat(directory, file, 0)) == ENOENT);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	CHECK(mkdir("one", 0700) == 0);
	directory = open("one", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(directory >= 0);
	run_workers(threads, worker);
	CHECK(rmdir(iterations % 2 ? "two" : "one") == 0);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
