/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: cmpxchg16b on the last 16 bytes of a page, beside a page that comes and goes, swaps both halves as one. */
/* Flags: -mcx16 */
#include "memory.h"

struct pair {
	uint64_t first, second;
};

static unsigned char *area;

/* Stores `next` if *at is `*seen`; otherwise what it is goes to `*seen`. */
static int exchange(volatile struct pair *at, struct pair *seen, struct pair next)
{
	unsigned char done;

	__asm__ volatile("lock cmpxchg16b %1\n\tsetz %0"
			 : "=q"(done), "+m"(*at), "+a"(seen->first), "+d"(seen->second)
			 : "b"(next.first), "c"(next.second)
			 : "cc", "memory");
	return done;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	volatile struct pair *shared = (volatile struct pair *)(area + PAGE - 16);

	settle();
	for (long i = 0; i < iterations; i++) {
		struct pair seen = { 0, 0 }, next;

		do {
			CHECK(seen.second == seen.first * 3);
			next.first = seen.first + 1;
			next.second = next.first * 3;
		} while (!exchange(shared, &seen, next));
		if (me == 0)
			CHECK(mprotect(area + PAGE, PAGE, i % 2 ? PROT_NONE : PROT_READ) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct pair *shared;

	arguments(argc, argv, 200);
	area = new_pages(2);
	run_workers(threads, worker);
	shared = (struct pair *)(area + PAGE - 16);
	CHECK(shared->first == (uint64_t)(threads * iterations) && shared->second == shared->first * 3);
	printf("exchanges %llu\n", (unsigned long long)shared->first);
	return 0;
}
