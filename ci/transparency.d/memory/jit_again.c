/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: code unmapped by one thread and mapped anew at the same place never runs in its old form in any thread. */
#include "memory.h"

static unsigned char *code;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == i % threads) {
			int value = (int)i * 7;

			CHECK(mmap(code, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				   0) == code);
			/* mov eax, value; add eax, edi; ret, at a place of its own in the page each time */
			code[16 * (i % 8)] = 0xb8;
			memcpy(code + 16 * (i % 8) + 1, &value, 4);
			memcpy(code + 16 * (i % 8) + 5, "\x01\xf8\xc3", 3);
			CHECK(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
		}
		meet();
		CHECK(((int (*)(int))(uintptr_t)(code + 16 * (i % 8)))((int)me) == (int)i * 7 + (int)me);
		CHECK(code[16 * ((i + 7) % 8)] == 0 && try_write(code, 1) == SEGV_ACCERR);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 24);
	catch_faults();
	code = new_pages(1);
	run_workers(threads, worker);
	printf("calls %ld\n", threads * iterations);
	return 0;
}
