/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads that write functions into one executable region side by side can all call all of them, and copies of them. */
#include "memory.h"

#define FUNCTIONS 32

static unsigned char *code;

/* Function `index` gives its argument times (index + 3): imul eax, edi, imm32; ret. They lie 40 bytes apart. */
static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *round = code + (i % 2) * 2 * PAGE;
		int sum = 0;

		for (int k = (int)me; k < FUNCTIONS; k += threads) {
			int factor = k + 3;

			memcpy(round + k * 40, "\x69\xc7", 2);
			memcpy(round + k * 40 + 2, &factor, 4);
			round[k * 40 + 6] = 0xc3;
		}
		meet();
		for (int k = 0; k < FUNCTIONS; k++)
			sum += ((int (*)(int))(uintptr_t)(round + k * 40))((int)i + k);
		for (int k = 0; k < FUNCTIONS; k++)
			sum -= ((int)i + k) * (k + 3);
		CHECK(sum == 0);
		/* A copy made by one thread, called by all. */
		if (me == i % threads)
			memcpy(round + PAGE + 1000, round + 5 * 40, 7);
		meet();
		CHECK(((int (*)(int))(uintptr_t)(round + PAGE + 1000))(11) == 88);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	code = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)code != MAP_FAILED);
	run_workers(threads, worker);
	printf("functions %ld\n", FUNCTIONS * iterations);
	return 0;
}
