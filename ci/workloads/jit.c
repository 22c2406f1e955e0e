/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: code written by one thread into a fresh page runs on every node, also after it was rewritten. */
#include <sys/mman.h>

#include "check.h"

static unsigned char *code;
static pthread_barrier_t barrier;
static atomic_long sum;

/* mov eax, value; ret */
static void emit(int value)
{
	code[0] = 0xb8;
	memcpy(code + 1, &value, 4);
	code[5] = 0xc3;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_barrier_wait(&barrier);
		if (me == i % threads) {
			CHECK(mprotect(code, 4096, PROT_READ | PROT_WRITE) == 0);
			emit((int)i * 3);
			CHECK(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0);
		}
		pthread_barrier_wait(&barrier);
		CHECK(((int (*)(void))(uintptr_t)code)() == (int)i * 3);
		atomic_fetch_add(&sum, 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 50);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(code != MAP_FAILED);
	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	run_threads(threads, worker);
	printf("calls %ld\n", atomic_load(&sum));
	return 0;
}
