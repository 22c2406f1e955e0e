/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: preadv2 and pwritev2 with their flags: the shared place, appending, synchronous writes, and refusal of unknown flags. */
#include <sys/uio.h>

#include "io.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[500];
	struct iovec parts[2] = { { buffer, 200 }, { buffer + 200, 300 } };
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "flagged-%d", (int)me);
	fd = new_file(name);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct stat st;

		pattern(buffer, 500, (uint64_t)(i + me));
		CHECK(lseek(fd, 10, SEEK_SET) == 10 && pwritev2(fd, parts, 2, -1, RWF_DSYNC) == 500);
		CHECK(lseek(fd, 0, SEEK_CUR) == 510 && lseek(fd, 10, SEEK_SET) == 10);
		memset(buffer, 0, 500);
		CHECK(preadv2(fd, parts, 2, -1, 0) == 500 && lseek(fd, 0, SEEK_CUR) == 510 &&
		      matches(buffer, 500, (uint64_t)(i + me)));
		CHECK(fstat(fd, &st) == 0 && pwritev2(fd, parts, 1, 0, RWF_APPEND) == 200);
		CHECK(preadv2(fd, parts + 1, 1, st.st_size, 0) == 200 && memcmp(buffer, buffer + 200, 200) == 0);
		CHECK(ERROR_OF(preadv2(fd, parts, 2, 0, 0x40000000)) == EOPNOTSUPP);
		CHECK(ERROR_OF(pwritev2(fd, parts, -1, 0, 0)) == EINVAL && lseek(fd, 0, SEEK_CUR) == 510);
	}
	CHECK(close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
