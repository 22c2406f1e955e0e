/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: two mappings of one memfd are the same bytes at two addresses, for threads that use either and for read and write. */
#include "memory.h"

static unsigned char *first, *second;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t page[PAGE / 8];

	settle();
	for (long i = 0; i < iterations; i++) {
		paint((me % 2 ? first : second) + me * PAGE, PAGE, (uint64_t)(i + me));
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(painted((me % 2 ? second : first) + k * PAGE, PAGE, (uint64_t)(i + k)));
		CHECK(pread(fd, page, PAGE, me * PAGE) == PAGE && painted(page, PAGE, (uint64_t)(i + me)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t bytes;

	arguments(argc, argv, 12);
	bytes = (size_t)threads * PAGE;
	fd = memfd_create("views", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	first = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	second = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)first != MAP_FAILED && (void *)second != MAP_FAILED && first != second);
	run_workers(threads, worker);
	CHECK(memcmp(first, second, bytes) == 0);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, first, bytes));
	return 0;
}
