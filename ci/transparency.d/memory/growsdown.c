/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a MAP_GROWSDOWN mapping grows as threads touch the pages below it, one after the other, and all share it. */
#include "memory.h"

#define ROOM 1024
#define GROWN 24

static unsigned char *top;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (int page = 2; page <= GROWN; page++) {
		unsigned char *at = top - page * PAGE;

		if (me == page % threads) {
			CHECK(filled(at, PAGE, 0));
			paint(at, PAGE, (uint64_t)page);
		}
		meet();
		CHECK(painted(at, PAGE, (uint64_t)page) && painted(at + PAGE, PAGE, (uint64_t)page - 1));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char *room;

	arguments(argc, argv, 1);
	/*
	 * More room than the gap that the kernel keeps below such a mapping (256 pages), and a page at its lower end
	 * that stays: the hole must be too small for the stacks of the threads to come.
	 */
	room = mmap(NULL, ROOM * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK((void *)room != MAP_FAILED && munmap(room + PAGE, (ROOM - 1) * PAGE) == 0);
	top = mmap(room + (ROOM - 1) * PAGE, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	CHECK(top == room + (ROOM - 1) * PAGE);
	paint(top, PAGE, 1);
	top += PAGE;
	run_workers(threads, worker);
	printf("grown %d\n", GROWN);
	return 0;
}
