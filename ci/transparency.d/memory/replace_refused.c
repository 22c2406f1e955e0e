/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that an mmap may not replace, for a limit, keeps what threads have written to it. */
#include <sys/resource.h>

#include "kept.h"

/* Bytes behind it, more than the limit leaves. */
#define MORE (2000 * PAGE)

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

	arguments(argc, argv, 1);
	area = new_pages((area_size() + MORE) / PAGE);
	CHECK(munmap(area + area_size(), MORE) == 0);
	run_workers(threads, write_part);
	CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
	limit.rlim_cur = (rlim_t)(mapped_pages() + 100) * PAGE;
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	CHECK(mmap(area, area_size() + MORE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED);
	CHECK(errno == ENOMEM);
	CHECK(is_kept());
	printf("kept %d\n", threads);
	return 0;
}
