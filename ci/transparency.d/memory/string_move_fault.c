/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a string move that faults at a page border has moved exactly what lies before it, and goes on when the page is there. */
#include <ucontext.h>

#include "memory.h"

static unsigned char *area;
static __thread unsigned char *blocked;
static __thread volatile long opened;

/* Opens the page that the move ran into. */
static void opener(int number, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	unsigned char *at = info->si_addr;

	CHECK(number == SIGSEGV && info->si_code == SEGV_ACCERR && at == blocked);
	CHECK((unsigned char *)registers[REG_RDI] == blocked || (unsigned char *)registers[REG_RSI] == blocked);
	CHECK(mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0);
	opened++;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *from = area + me * 4 * PAGE, *to = from + 2 * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		const void *source = from + PAGE - 256;
		void *target = to + PAGE - 256;
		size_t count = 512;

		paint(from, 2 * PAGE, (uint64_t)(i + me));
		memset(to, 0, 2 * PAGE);
		blocked = (i % 2 ? from : to) + PAGE;
		CHECK(mprotect(blocked, PAGE, PROT_NONE) == 0);
		if (i % 4 < 2)
			__asm__ volatile("rep movsb" : "+S"(source), "+D"(target), "+c"(count) : : "memory");
		else
			__asm__ volatile("shr $3, %2\n\trep movsq" : "+S"(source), "+D"(target),
					 "+c"(count) : : "memory", "cc");
		CHECK(opened == i + 1 && count == 0 && (unsigned char *)target == to + PAGE + 256);
		CHECK(memcmp(from + PAGE - 256, to + PAGE - 256, 512) == 0);
		CHECK(filled(to, PAGE - 256, 0) && filled(to + PAGE + 256, PAGE - 256, 0));
	}
	return (void *)opened;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = opener, .sa_flags = SA_SIGINFO };

	arguments(argc, argv, 12);
	CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
	area = new_pages(4 * (size_t)threads);
	run_workers(threads, worker);
	printf("faults %ld\n", threads * iterations);
	return 0;
}
