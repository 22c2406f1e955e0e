/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: writes of any thread to constants, string literals and code are SIGSEGV, and change nothing. */
#include "memory.h"

static const long data[600] = { 1, 2, 3 };

static __attribute__((noinline)) int function(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 5;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	const char *literal = "a literal of the program";
	const long *volatile where = data;
	const volatile long *constant = where;
	unsigned char first = *(volatile unsigned char *)(uintptr_t)function;

	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(try_write((void *)(uintptr_t)&constant[me], 9) == SEGV_ACCERR && constant[0] == 1 &&
		      constant[me] <= 3);
		CHECK(try_write((void *)(uintptr_t)literal, 'b') == SEGV_ACCERR && literal[0] == 'a');
		CHECK(try_write((void *)(uintptr_t)function, (char)0xc3) == SEGV_ACCERR);
		CHECK(*(volatile unsigned char *)(uintptr_t)function == first && function((int)i) == (int)i + 5);
		/* Nor a libc function, which lies in a library. */
		CHECK(try_write((void *)(uintptr_t)getpid, 0) == SEGV_ACCERR && getpid() > 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	catch_faults();
	run_workers(threads, worker);
	printf("refused %ld\n", threads * iterations * 4);
	return 0;
}
