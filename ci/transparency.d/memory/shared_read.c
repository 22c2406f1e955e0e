/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: bytes put into a shared file mapping are what read(2) finds at once, and written bytes appear in the mapping. */
#include "memory.h"

static unsigned char *view;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t page[PAGE / 8];

	settle();
	for (long i = 0; i < iterations; i++) {
		off_t own = me * PAGE, next = (me + 1) % threads * PAGE;

		if (i % 2) {
			paint(view + own, PAGE, (uint64_t)(i + me));
		} else {
			paint(page, PAGE, (uint64_t)(i + me));
			CHECK(pwrite(fd, page, PAGE, own) == PAGE);
		}
		CHECK(i % 4 != 3 || msync(view + own, PAGE, MS_SYNC) == 0);
		meet();
		CHECK(painted(view + next, PAGE, (uint64_t)(i + (me + 1) % threads)));
		CHECK(pread(fd, page, PAGE, next) == PAGE && painted(page, PAGE, (uint64_t)(i + (me + 1) % threads)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	fd = painted_file("file", threads);
	view = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)view != MAP_FAILED);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, view, (size_t)threads * PAGE));
	return 0;
}
