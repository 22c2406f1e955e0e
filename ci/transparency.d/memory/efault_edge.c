/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a buffer that ends in the middle of a call is used up to its border, in files, pipes and vectors, as natively. */
#include <sys/uio.h>

#include "memory.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *edge = new_pages(2), back[2 * PAGE];
	char name[32];
	int fd, ends[2];

	CHECK(mprotect(edge + PAGE, PAGE, PROT_NONE) == 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	snprintf(name, sizeof(name), "edge-%d", (int)me);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *at = edge + PAGE - 1000;
		struct iovec parts[3] = { { edge, 300 }, { at, 2000 }, { edge + 300, 100 } };

		paint(edge, PAGE, (uint64_t)(i + me));
		memset(back, 0, sizeof(back));
		/* All bytes up to the border are written, none after. */
		CHECK(pwrite(fd, at, 3000, 0) == 1000);
		CHECK(pread(fd, back, 3000, 0) == (i ? 1300 : 1000) && memcmp(back, at, 1000) == 0);
		CHECK(pwritev(fd, parts, 3, 0) == 1300);
		CHECK(pread(fd, back, 3000, 0) == 1300 && memcmp(back, edge, 300) == 0 &&
		      memcmp(back + 300, at, 1000) == 0);
		/* Read back with 200 bytes too little room. */
		memset(edge, 0, PAGE);
		CHECK(pread(fd, edge + PAGE - 1100, 1300, 0) == 1100);
		CHECK(memcmp(edge + PAGE - 1100, back, 1100) == 0 && filled(edge, PAGE - 1100, 0));
		/* A pipe takes a whole page or nothing, as it fills page by page. */
		CHECK(write(ends[1], edge + PAGE - 100, 200) == -1 && errno == EFAULT);
		CHECK(read(ends[0], back, 1) == -1 && errno == EAGAIN);
		CHECK(write(ends[1], edge, PAGE) == PAGE && read(ends[0], back, sizeof(back)) == PAGE);
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
