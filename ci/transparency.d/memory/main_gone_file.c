/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: when main has ended, a file that a worker maps in place of memory is what all others see there. */
#include "memory.h"

static pthread_t main_id;
static unsigned char *area;
static int file;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	volatile unsigned char *bytes = area;

	settle();
	if (!me)
		CHECK(pthread_join(main_id, NULL) == 0);
	meet();
	for (long i = 0; i < iterations; i++) {
		bytes[me] = (unsigned char)i;
		meet();
		if (!me)
			CHECK(mmap(area, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == area);
		/* Natively at once, or as soon as it is mapped. */
		while (bytes[me] != 0xf1)
			;
		meet();
		if (!me)
			CHECK(mmap(area, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area);
		meet();
		CHECK(bytes[me] == 0);
		meet();
	}
	if (!me) {
		printf("rounds %ld\n", iterations);
		exit(0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char page[PAGE];
	pthread_t id;

	arguments(argc, argv, 16);
	main_id = pthread_self();
	memset(page, 0xf1, sizeof(page));
	file = memfd_create("page", 0);
	CHECK(file >= 0 && write(file, page, sizeof(page)) == PAGE);
	area = new_pages(1);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, worker, (void *)i) == 0);
	pthread_exit(NULL);
}
