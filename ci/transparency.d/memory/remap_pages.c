/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: remap_file_pages turns the pages of a shared file mapping round for all threads, or is refused as natively. */
#include "memory.h"

#define PAGES 4

static unsigned char *view;
static atomic_int refused;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (int k = 0; k < PAGES; k++)
		CHECK(painted(view + k * PAGE, PAGE, (uint64_t)k));
	meet();
	if (me == 0)
		for (int k = 0; k < PAGES; k++)
			if (remap_file_pages(view + k * PAGE, PAGE, 0, (size_t)(PAGES - 1 - k), 0) != 0)
				atomic_store(&refused, errno);
	meet();
	for (int k = 0; k < PAGES; k++)
		CHECK(painted(view + k * PAGE, PAGE, (uint64_t)(atomic_load(&refused) ? k : PAGES - 1 - k)));
	return NULL;
}

int main(int argc, char **argv)
{
	int fd;

	arguments(argc, argv, 1);
	fd = painted_file("file", PAGES);
	view = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)view != MAP_FAILED);
	run_workers(threads, worker);
	printf("error %d\n", atomic_load(&refused));
	return 0;
}
