/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an access that needs two pages at once makes progress and is whole although two nodes fight for both pages. */
#include <sys/mman.h>

#include "check.h"

static unsigned char *pages;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t hashes[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	volatile uint64_t *word = (volatile uint64_t *)(pages + 4096 - 8 * (me + 1) - 3);
	unsigned char copy[12000];

	settle();
	for (long i = 0; i < iterations; i++) {
		/* Each thread's own word, over the border between two pages where all threads have theirs. */
		volatile uint64_t *own = me ? word : (volatile uint64_t *)(pages + 4096 - 3);
		const void *from = pages + 4000;
		void *to = copy;
		size_t count = sizeof(copy);

		*own += (uint64_t)me + 1;
		CHECK(*own == (uint64_t)(i + 1) * ((uint64_t)me + 1));
		/* One instruction over four pages; it may stop and go on anywhere. */
		__asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
		if (i % 10 == 0) {
			pthread_mutex_lock(&lock);
			for (int k = 0; k < 3; k++)
				pages[8192 + 4096 * k + 100]++;
			pthread_mutex_unlock(&lock);
		}
	}
	hashes[me] = *(me ? word : (volatile uint64_t *)(pages + 4096 - 3));
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum = 0;

	arguments(argc, argv, 200);
	pages = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(pages != MAP_FAILED);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++)
		sum += hashes[i];
	CHECK(sum == (uint64_t)iterations * (uint64_t)(threads * (threads + 1) / 2));
	for (int k = 0; k < 3; k++)
		CHECK(pages[8192 + 4096 * k + 100] == (unsigned char)((iterations + 9) / 10 * threads));
	printf("sum %llu\n", (unsigned long long)sum);
	return 0;
}
