/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a SIGSEGV handler that opens the page of a store runs once per protected page written, and the store then happens. */
#include <sys/mman.h>

#include "signals.h"

#define PAGES 8

/* As collectors keep track of changed pages: protected pages are opened and marked at the first store. */
static char *area;
static atomic_int marked[MAX_THREADS][PAGES];

static void on_store(int number, siginfo_t *info, void *context)
{
	long page = ((char *)info->si_addr - area) / 4096;

	(void)number;
	CHECK(info->si_code == SEGV_ACCERR && page / PAGES == me && (registers(context)[REG_ERR] & 2));
	CHECK(atomic_fetch_add(&marked[me][page % PAGES], 1) == 0);
	CHECK(mprotect(area + page * 4096, 4096, PROT_READ | PROT_WRITE) == 0);
}

static void body(void)
{
	char *own = area + me * PAGES * 4096;

	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < PAGES; k++)
			atomic_store(&marked[me][k], 0);
		CHECK(mprotect(own, PAGES * 4096, PROT_READ) == 0);
		for (int k = 0; k < PAGES; k += 1 + (int)(i % 3))
			for (int at = 0; at < 4096; at += 64)
				own[k * 4096 + at] = (char)(i + k);
		for (int k = 0; k < PAGES; k++) {
			CHECK(atomic_load(&marked[me][k]) == (k % (1 + i % 3) == 0));
			CHECK(!marked[me][k] || own[k * 4096 + 64] == (char)(i + k));
		}
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	area = mmap(NULL, (size_t)threads * PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)area != MAP_FAILED);
	handle(SIGSEGV, on_store, 0);
	start_workers(body);
	end_workers();
	printf("cycles %ld\n", threads * iterations);
	return 0;
}
