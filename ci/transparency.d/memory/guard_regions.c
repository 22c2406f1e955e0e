/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: guard regions (MADV_GUARD_INSTALL, as thread stacks have them) stop every thread, whoever touched the pages beside them. */
#include <sys/syscall.h>

#include "memory.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

#define BLOCK 32
/* Pages of a block that are guards. */
#define FIRST 12
#define GUARDS 3

static unsigned char *blocks;

static int is_guard(int page)
{
	return page >= FIRST && page < FIRST + GUARDS;
}

/* Up and down, by reads and writes: in each way the pages ahead may be brought in with those that were asked for. */
static void walk(unsigned char *block, int down, int write, char value)
{
	for (int i = 0; i < BLOCK; i++) {
		int page = down ? BLOCK - 1 - i : i;
		unsigned char *at = block + page * PAGE;
		int outcome = write ? try_write(at, value) : try_read(at);

		CHECK(outcome == (is_guard(page) ? SEGV_MAPERR : ALLOWED));
	}
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *own = blocks + (size_t)((me * iterations + i) * BLOCK) * PAGE;

		walk(own, (int)(i + me) % 2, (int)(i / 2) % 2, 'o');
		meet();
		/* Another's, which has been here or there. */
		own = blocks + (size_t)((me + 1) % threads * iterations + i) * BLOCK * PAGE;
		walk(own, (int)i % 2, 1, 'x');
		meet();
		if (i % 3 == 0) {
			CHECK(madvise(own + FIRST * PAGE, GUARDS * PAGE, MADV_GUARD_REMOVE) == 0);
			CHECK(try_read(own + FIRST * PAGE) == ALLOWED && own[FIRST * PAGE] == 0);
			own[FIRST * PAGE] = 1;
			CHECK(madvise(own + FIRST * PAGE, GUARDS * PAGE, MADV_GUARD_INSTALL) == 0);
			CHECK(try_read(own + FIRST * PAGE) == SEGV_MAPERR);
		}
		meet();
		walk(blocks + (size_t)((me + 2) % threads * iterations + i) * BLOCK * PAGE, (int)me % 2, 0, 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	blocks = new_pages((size_t)threads * iterations * BLOCK);
	if (madvise(blocks, PAGE, MADV_GUARD_INSTALL) != 0) {
		fprintf(stderr, "this kernel has no guard regions\n");
		return 77;
	}
	CHECK(madvise(blocks, PAGE, MADV_GUARD_REMOVE) == 0);
	catch_faults();
	for (long i = 0; i < threads * iterations; i++)
		CHECK(madvise(blocks + (size_t)(i * BLOCK + FIRST) * PAGE, GUARDS * PAGE, MADV_GUARD_INSTALL) == 0);
	run_workers(threads, worker);
	printf("blocks %ld\n", threads * iterations);
	return 0;
}
