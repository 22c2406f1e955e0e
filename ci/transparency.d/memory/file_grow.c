/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pages of a shared mapping past the end of its file are SIGBUS until any thread makes the file longer, then zero. */
#include "memory.h"

#define PAGES 12

static unsigned char *view;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (int page = 1; page < PAGES; page++) {
		unsigned char *at = view + page * PAGE;

		CHECK(try_read(at + me) == BUS + BUS_ADRERR && try_write(at + 9 * me, 1) == BUS + BUS_ADRERR);
		meet();
		if (me == page % threads)
			CHECK(ftruncate(fd, (off_t)(page + 1) * PAGE - 100) == 0);
		meet();
		/* The rest of the last page is there as well. */
		CHECK(filled(at, PAGE, 0));
		meet();
		at[me] = (unsigned char)(page + me);
		meet();
		CHECK(at[(me + 1) % threads] == (unsigned char)(page + (me + 1) % threads));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char got[PAGE];
	uint64_t hash = HASH_START;

	arguments(argc, argv, 1);
	catch_faults();
	fd = painted_file("file", 1);
	view = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)view != MAP_FAILED);
	run_workers(threads, worker);
	CHECK(ftruncate(fd, PAGES * PAGE) == 0);
	for (int page = 0; page < PAGES; page++) {
		CHECK(pread(fd, got, PAGE, (off_t)page * PAGE) == PAGE);
		hash = hash_bytes(hash, got, PAGE);
	}
	printf("hash %016llx\n", (unsigned long long)hash);
	return 0;
}
