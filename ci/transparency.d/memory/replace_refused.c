/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that an mmap may not replace, for a limit, keeps what threads have written to it. */
#include <sys/resource.h>

#include "memory.h"

/* Bytes behind it, more than the limit leaves. */
#define MORE (2000 * PAGE)

static unsigned char *area;

static void *write_part(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	paint(area + 2 * me * PAGE, 2 * PAGE, (uint64_t)me);
	meet();
	settle();
	return arg;
}

/* The size of all mappings, in pages. */
static long mapped_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages;

	CHECK(file && fscanf(file, "%ld", &pages) == 1 && fclose(file) == 0);
	return pages;
}

int main(int argc, char **argv)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	struct rlimit limit;
	size_t size;

	arguments(argc, argv, 1);
	size = 2 * (size_t)threads * PAGE;
	area = new_pages((size + MORE) / PAGE);
	CHECK(munmap(area + size, MORE) == 0);
	run_workers(threads, write_part);
	CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
	limit.rlim_cur = (rlim_t)(mapped_pages() + 100) * PAGE;
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	CHECK(mmap(area, size + MORE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED && errno == ENOMEM);
	for (int i = 0; i < threads; i++)
		CHECK(painted(area + 2 * i * PAGE, 2 * PAGE, (uint64_t)i));
	printf("kept %d\n", threads);
	return 0;
}
