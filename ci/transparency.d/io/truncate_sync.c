/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sizes set by ftruncate and truncate, and bytes after fsync, fdatasync and sync_file_range, are the same to all threads. */
#include "io.h"

static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		off_t size = 100 + i * 37 % 5000;
		struct stat st;
		char byte;

		if (me == i % threads) {
			CHECK((i % 2 ? ftruncate(fd, size) : truncate("sized", size)) == 0);
			CHECK(pwrite(fd, "L", 1, size - 1) == 1);
			if (i % 3 == 0)
				CHECK(fsync(fd) == 0);
			else if (i % 3 == 1)
				CHECK(fdatasync(fd) == 0);
			else
				CHECK(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0);
		}
		meet();
		CHECK(fstat(fd, &st) == 0 && st.st_size == size && lseek(fd, 0, SEEK_CUR) == 0);
		CHECK(pread(fd, &byte, 1, size - 1) == 1 && byte == 'L' && pread(fd, &byte, 1, size) == 0);
		CHECK(stat("sized", &st) == 0 && st.st_size == size && st.st_nlink == 1);
		meet();
	}
	CHECK(ERROR_OF(ftruncate(fd, -1)) == EINVAL && ERROR_OF(truncate("missing", 0)) == ENOENT);
	CHECK(ERROR_OF(fsync(999)) == EBADF);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 9);
	fd = new_file("sized");
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
