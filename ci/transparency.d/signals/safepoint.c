/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: workers that poll a page stop in their SIGSEGV handler once it is protected, and all go on when it is opened. */
#include <sys/mman.h>

#include "signals.h"

/* As a virtual machine stops its threads: the poll is a load, the trap is the page's protection. */
static char *page;
static atomic_int stopped, resumed, finished;
static atomic_long work[MAX_THREADS];

static void on_poll(int number, siginfo_t *info, void *context)
{
	int round = atomic_load(&resumed);

	(void)number;
	(void)context;
	CHECK(me >= 0 && info->si_code == SEGV_ACCERR && info->si_addr == page + 8 * me);
	atomic_fetch_add(&stopped, 1);
	while (atomic_load(&resumed) == round)
		usleep(50);
}

static void body(void)
{
	while (!atomic_load(&finished)) {
		(void)*(volatile char *)(page + 8 * me);
		atomic_fetch_add_explicit(&work[me], 1, memory_order_relaxed);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)page != MAP_FAILED);
	handle(SIGSEGV, on_poll, 0);
	start_workers(body);
	for (long n = 0; n < iterations; n++) {
		long before[MAX_THREADS];

		CHECK(mprotect(page, 4096, PROT_NONE) == 0);
		while (atomic_load(&stopped) < threads)
			usleep(50);
		for (int i = 0; i < threads; i++)
			before[i] = atomic_load(&work[i]);
		varied_pause(n % 4);
		for (int i = 0; i < threads; i++)
			CHECK(atomic_load(&work[i]) == before[i]);
		atomic_store(&stopped, 0);
		CHECK(mprotect(page, 4096, PROT_READ) == 0);
		atomic_fetch_add(&resumed, 1);
		for (int i = 0; i < threads; i++)
			while (atomic_load(&work[i]) == before[i])
				usleep(50);
	}
	atomic_store(&finished, 1);
	end_workers();
	printf("safepoints %ld\n", iterations);
	return 0;
}
