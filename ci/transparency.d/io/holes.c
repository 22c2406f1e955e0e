/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: SEEK_DATA and SEEK_HOLE, fallocate that keeps the size, punches and zeroes, and ftruncate give threads one view of a file. */
#include <linux/falloc.h>

#include "io.h"

#define UNIT 65536

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char unit[UNIT];
	char name[32];
	int fd, punches;

	snprintf(name, sizeof(name), "holes-%d", (int)me);
	fd = new_file(name);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct stat st;
		off_t at;

		CHECK(ftruncate(fd, 0) == 0 && ftruncate(fd, 8 * UNIT) == 0);
		pattern(unit, UNIT, (uint64_t)(i + me));
		CHECK(pwrite(fd, unit, UNIT, 2 * UNIT) == UNIT && pwrite(fd, unit, UNIT, 3 * UNIT) == UNIT);
		CHECK(pwrite(fd, unit, UNIT, 6 * UNIT) == UNIT);
		/* A file system without holes says that all is data. */
		at = lseek(fd, 0, SEEK_DATA);
		CHECK(at == 2 * UNIT || at == 0);
		if (at) {
			CHECK(lseek(fd, at, SEEK_HOLE) == 4 * UNIT && lseek(fd, 4 * UNIT, SEEK_DATA) == 6 * UNIT);
			CHECK(lseek(fd, 6 * UNIT + 5, SEEK_HOLE) == 7 * UNIT &&
			      ERROR_OF(lseek(fd, 7 * UNIT, SEEK_DATA)) == ENXIO);
		}
		CHECK(ERROR_OF(lseek(fd, 8 * UNIT, SEEK_HOLE)) == ENXIO);
		punches = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * UNIT, UNIT) == 0;
		CHECK(punches || errno == EOPNOTSUPP);
		CHECK(pread(fd, unit, UNIT, 3 * UNIT) == UNIT);
		for (int k = 0; k < UNIT && punches; k++)
			CHECK(unit[k] == 0);
		CHECK(pread(fd, unit, UNIT, 2 * UNIT) == UNIT && matches(unit, UNIT, (uint64_t)(i + me)));
		if (punches)
			CHECK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8 * UNIT, UNIT) == 0 && fstat(fd, &st) == 0 &&
			      st.st_size == 8 * UNIT);
		CHECK(posix_fallocate(fd, 8 * UNIT, 100) == 0 && fstat(fd, &st) == 0 && st.st_size == 8 * UNIT + 100);
		CHECK(ERROR_OF(fallocate(fd, 0, -1, 10)) == EINVAL && ERROR_OF(fallocate(fd, 0, 0, 0)) == EINVAL);
	}
	CHECK(unlink(name) == 0 && close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	run_workers(threads, worker);
	printf("files %ld\n", threads * iterations);
	return 0;
}
