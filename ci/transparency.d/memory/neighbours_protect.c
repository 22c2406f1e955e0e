/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that changes the protection of its page over and over leaves the pages on both sides as they are. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *open = area + 2 * me * PAGE, *flipped = open + PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		open[i % PAGE] = (unsigned char)(i + me + 1);
		flipped[i % PAGE] = (unsigned char)(i + 7);
		CHECK(mprotect(flipped, PAGE, PROT_READ) == 0);
		CHECK(try_write(flipped, 1) == SEGV_ACCERR && flipped[i % PAGE] == (unsigned char)(i + 7));
		CHECK(mprotect(flipped, PAGE, PROT_NONE) == 0);
		CHECK(try_read(flipped + 9) == SEGV_ACCERR && try_write(open + PAGE - 1, (char)i) == ALLOWED);
		CHECK(mprotect(flipped, PAGE, PROT_READ | PROT_WRITE) == 0);
		CHECK(flipped[i % PAGE] == (unsigned char)(i + 7) && open[i % PAGE] == (unsigned char)(i + me + 1));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t hash;

	arguments(argc, argv, 20);
	catch_faults();
	area = new_pages(2 * (size_t)threads);
	run_workers(threads, worker);
	hash = hash_bytes(HASH_START, area, 2 * (size_t)threads * PAGE);
	printf("hash %016llx\n", (unsigned long long)hash);
	return 0;
}
