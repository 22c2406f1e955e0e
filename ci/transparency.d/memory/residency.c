/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mincore calls what moved threads wrote and locked resident, a part never touched not, and refuses unmapped ranges. */
/* Limit: a page on another node is not resident at the origin, and one that was fetched ahead is */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + 4 * me * PAGE, resident[4], *gone = new_pages(3);

	CHECK(munmap(gone + PAGE, PAGE) == 0);
	settle();
	paint(own, PAGE, 1);
	paint(own + 2 * PAGE, PAGE, 2);
	CHECK(mlock(own, PAGE) == 0 && mlock(own + 2 * PAGE, PAGE) == 0);
	CHECK(mincore(own, 4 * PAGE, resident) == 0);
	CHECK((resident[0] & 1) && !(resident[1] & 1) && (resident[2] & 1) && !(resident[3] & 1));
	meet();
	/* Asked about the pages that another thread locked. */
	CHECK(mincore(area + 4 * ((me + 1) % threads) * PAGE, 4 * PAGE, resident) == 0);
	CHECK((resident[0] & 1) && !(resident[1] & 1) && (resident[2] & 1) && !(resident[3] & 1));
	CHECK(mincore(gone, 3 * PAGE, resident) == -1 && errno == ENOMEM);
	CHECK(mincore(own + 1, PAGE, resident) == -1 && errno == EINVAL);
	CHECK(mincore(own, PAGE, (unsigned char *)8) == -1 && errno == EFAULT);
	CHECK(painted(own, PAGE, 1) && painted(own + 2 * PAGE, PAGE, 2));
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	area = new_pages(4 * (size_t)threads);
	CHECK(madvise(area, 4 * (size_t)threads * PAGE, MADV_NOHUGEPAGE) == 0 || errno == EINVAL);
	run_workers(threads, worker);
	printf("threads %d\n", threads);
	return 0;
}
