/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pread, pwrite, preadv and pwritev of many threads on one descriptor use their own places and leave the shared one. */
#include <sys/uio.h>

#include "io.h"

#define SLOT 1000

static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char slot[SLOT];
	struct iovec parts[3] = { { slot, 300 }, { slot + 300, 1 }, { slot + 301, SLOT - 301 } };

	settle();
	for (long i = 0; i < iterations; i++) {
		off_t own = (i * threads + me) * SLOT, next = (i * threads + (me + 1) % threads) * SLOT;

		pattern(slot, SLOT, (uint64_t)(i + me * 50));
		if (i % 2)
			CHECK(pwrite(fd, slot, SLOT, own) == SLOT);
		else
			CHECK(pwritev(fd, parts, 3, own) == SLOT);
		meet();
		memset(slot, 0, SLOT);
		if (i % 3)
			CHECK(pread(fd, slot, SLOT, next) == SLOT);
		else
			CHECK(preadv(fd, parts, 3, next) == SLOT);
		CHECK(matches(slot, SLOT, (uint64_t)(i + (me + 1) % threads * 50)) && lseek(fd, 0, SEEK_CUR) == 17);
		CHECK(ERROR_OF(pread(fd, slot, 1, -1)) == EINVAL && pwrite(fd, slot, 0, own) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	fd = new_file("slots");
	CHECK(lseek(fd, 17, SEEK_SET) == 17);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_file(fd));
	return 0;
}
