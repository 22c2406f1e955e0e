/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker that runs into the guard page below its stack gets SIGSEGV on its alternate stack, at the right place. */
#include "memory.h"

static unsigned char *stacks;
static size_t stack_bytes = 64 * PAGE;
static atomic_long caught;

static __attribute__((noinline)) int descend(int depth)
{
	volatile char frame[1000];

	frame[0] = (char)depth;
	return depth < 1000000 ? descend(depth + 1) + frame[0] : 0;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *guard = stacks + (size_t)me * stack_bytes;
	stack_t alternate = { .ss_sp = new_pages(16), .ss_size = 16 * PAGE };

	CHECK(sigaltstack(&alternate, NULL) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(FAULT(descend(0)) == SEGV_ACCERR);
		CHECK((unsigned char *)fault_address >= guard && (unsigned char *)fault_address < guard + PAGE);
		atomic_fetch_add(&caught, 1);
	}
	alternate.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&alternate, NULL) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];
	pthread_attr_t attributes;

	arguments(argc, argv, 4);
	catch_faults();
	stacks = new_pages((size_t)threads * stack_bytes / PAGE);
	CHECK(pthread_attr_init(&attributes) == 0);
	for (intptr_t i = 0; i < threads; i++) {
		unsigned char *bottom = stacks + (size_t)i * stack_bytes;

		/* The guard is the program's own page, so that its place is known. */
		CHECK(mprotect(bottom, PAGE, PROT_NONE) == 0);
		CHECK(pthread_attr_setstack(&attributes, bottom + PAGE, stack_bytes - PAGE) == 0);
		CHECK(pthread_create(&ids[i], &attributes, worker, (void *)i) == 0);
	}
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	printf("overflows %ld\n", atomic_load(&caught));
	return 0;
}
