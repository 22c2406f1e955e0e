/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pages of a private file mapping that nobody has written show what is written to the file, as natively. */
/* Limit: a page of a private mapping that has been on another node is the program's own, whatever becomes of the file */
#include "memory.h"

static unsigned char *view, *constant;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t page[PAGE / 8];

	settle();
	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < threads; k++)
			CHECK(painted(view + k * PAGE, PAGE, (uint64_t)(k + 10 * i)) &&
			      painted(constant + k * PAGE, PAGE, (uint64_t)(k + 10 * i)));
		meet();
		paint(page, PAGE, (uint64_t)(me + 10 * (i + 1)));
		CHECK(pwrite(fd, page, PAGE, me * PAGE) == PAGE);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	fd = painted_file("file", threads);
	view = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	constant = mmap(NULL, (size_t)threads * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK((void *)view != MAP_FAILED && (void *)constant != MAP_FAILED);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
