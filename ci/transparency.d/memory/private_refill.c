/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what a private mapping of a file has lost by advice it has from the file again, and what it grows by; what was written stays. */
#include "memory.h"

#define PAGES 8

static int fd;

/* One thread waits for the file's byte to be back, writes at once, and finds what it wrote. */
static unsigned char *shared;
static atomic_int round_of;

static void drop_and_write(intptr_t me, long i)
{
	if (me == 0) {
		memset(shared, 0xee, 4 * PAGE);
		atomic_store(&round_of, (int)i + 1);
		CHECK(madvise(shared, 4 * PAGE, MADV_DONTNEED) == 0);
	} else if (me == 1) {
		volatile uint64_t *word = (volatile uint64_t *)(shared + PAGE);
		uint64_t now;

		while (atomic_load(&round_of) != (int)i + 1)
			;
		do
			now = *word;
		while (now == 0xeeeeeeeeeeeeeeeeull);
		CHECK(now == paint_word(1, 0));
		*word = (uint64_t)i;
		CHECK(*word == (uint64_t)i);
	}
	meet();
	CHECK(*(volatile uint64_t *)(shared + PAGE) == (threads > 1 ? (uint64_t)i : paint_word(1, 0)));
	CHECK(painted(shared, PAGE, 0) && painted(shared + 2 * PAGE, PAGE, 2) && painted(shared + 3 * PAGE, PAGE, 3));
	meet();
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t seed = (uint64_t)(100 + me + 8 * i);
		unsigned char *view = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
		unsigned char *moved, *hole, *place;

		CHECK((void *)view != MAP_FAILED);
		for (int k = 0; k < 5; k++) {
			CHECK(painted(view + k * PAGE, PAGE, (uint64_t)k + 1));
			paint(view + k * PAGE, PAGE, seed + (uint64_t)k);
		}
		CHECK(madvise(view, 5 * PAGE, MADV_FREE) == -1 && errno == EINVAL);
		CHECK(madvise(view, PAGE, MADV_WIPEONFORK) == -1 && errno == EINVAL);
		CHECK(madvise(view, PAGE, MADV_REMOVE) == -1 && errno == EACCES);
		CHECK(painted(view, PAGE, seed));
		/* The one in the middle is not to be written, which is no matter. */
		CHECK(mprotect(view + 2 * PAGE, PAGE, PROT_READ) == 0);
		CHECK(madvise(view + PAGE, 2 * PAGE, MADV_DONTNEED) == 0);
		CHECK(painted(view, PAGE, seed) && painted(view + PAGE, PAGE, 2) && painted(view + 2 * PAGE, PAGE, 3));
		CHECK(painted(view + 3 * PAGE, PAGE, seed + 3) && painted(view + 4 * PAGE, PAGE, seed + 4));
		CHECK(mprotect(view + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
		paint(view + 2 * PAGE, PAGE, seed);
		/* Behind a hole, too. */
		CHECK(munmap(view + PAGE, PAGE) == 0);
		CHECK(madvise(view, 3 * PAGE, MADV_DONTNEED) == -1 && errno == ENOMEM);
		CHECK(painted(view, PAGE, 1) && painted(view + 2 * PAGE, PAGE, 3) && painted(view + 3 * PAGE, PAGE, seed + 3));
		/* What is mapped there now is another's. */
		hole = mmap(view + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		CHECK(hole == view + PAGE);
		paint(hole, PAGE, seed);
		paint(view, PAGE, seed);
		CHECK(madvise(view, 2 * PAGE, MADV_DONTNEED) == 0);
		CHECK(painted(view, PAGE, 1) && filled(hole, PAGE, 0));
		/* Moved and grown. */
		paint(view + 2 * PAGE, 3 * PAGE, seed);
		place = new_pages(5);
		moved = mremap(view + 2 * PAGE, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
		CHECK(moved == place && painted(moved, 3 * PAGE, seed));
		CHECK(painted(moved + 3 * PAGE, PAGE, 6) && painted(moved + 4 * PAGE, PAGE, 7));
		paint(moved + 3 * PAGE, PAGE, seed);
		CHECK(madvise(moved, 4 * PAGE, MADV_DONTNEED) == 0);
		for (int k = 0; k < 5; k++)
			CHECK(painted(moved + k * PAGE, PAGE, (uint64_t)k + 3));
		/* Cut and grown again. */
		paint(moved, 5 * PAGE, seed);
		CHECK(mremap(moved, 5 * PAGE, 2 * PAGE, 0) == moved);
		moved = mremap(moved, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
		CHECK((void *)moved != MAP_FAILED && painted(moved, 2 * PAGE, seed));
		CHECK(painted(moved + 2 * PAGE, PAGE, 5) && painted(moved + 3 * PAGE, PAGE, 6));
		CHECK(munmap(moved, 4 * PAGE) == 0 && munmap(view, 2 * PAGE) == 0);
		meet();
		drop_and_write(me, i);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	fd = painted_file("file", PAGES);
	CHECK(unlink("file") == 0);
	shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK((void *)shared != MAP_FAILED);
	run_workers(threads, worker);
	printf("refills %ld\n", iterations);
	return 0;
}
