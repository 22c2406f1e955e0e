/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: /proc/self/mem reads and writes what other threads wrote and will read, and refuses what is not mapped. */
/* Limit: the kernel takes pages for /proc/PID/mem without waiting for those that are on another node */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *next = area + (me + 1) % threads * 2 * PAGE, *own = area + me * 2 * PAGE, *gone = new_pages(2);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint64_t page[PAGE / 8];

	CHECK(fd >= 0 && munmap(gone + PAGE, PAGE) == 0);
	gone[PAGE - 1] = 'g';
	settle();
	for (long i = 0; i < iterations; i++) {
		paint(own, PAGE, (uint64_t)(i + me));
		meet();
		CHECK(pread(fd, page, PAGE, (off_t)(uintptr_t)next) == PAGE);
		CHECK(painted(page, PAGE, (uint64_t)(i + (me + 1) % threads)));
		paint(page, PAGE, (uint64_t)(i * 100));
		CHECK(pwrite(fd, page, PAGE, (off_t)(uintptr_t)(next + PAGE)) == PAGE);
		meet();
		CHECK(painted(own, PAGE, (uint64_t)(i + me)) && painted(own + PAGE, PAGE, (uint64_t)(i * 100)));
		CHECK(pread(fd, page, 8, 8) == -1 && errno == EIO && pwrite(fd, page, 8, 8) == -1 && errno == EIO);
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	area = new_pages(2 * (size_t)threads);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, area, 2 * (size_t)threads * PAGE));
	return 0;
}
