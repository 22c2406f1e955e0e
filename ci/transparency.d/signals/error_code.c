/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the error code a SIGSEGV handler is given tells reads from writes and missing pages from forbidden ones. */
#include <setjmp.h>
#include <sys/mman.h>

#include "signals.h"

static __thread sigjmp_buf escape;
static __thread volatile greg_t error;
static char *forbidden, *readable, *missing;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	CHECK(registers(context)[REG_TRAPNO] == 14);
	CHECK(registers(context)[REG_CR2] == (greg_t)(uintptr_t)info->si_addr);
	error = registers(context)[REG_ERR];
	siglongjmp(escape, 1);
}

/* Bit 0: present, which a forbidden page may be or not, as the kernel likes; bit 1: write; bit 2: user. */
static greg_t error_of(char *address, int write)
{
	error = -1;
	if (sigsetjmp(escape, 1) == 0) {
		if (write)
			*(volatile char *)address = 1;
		else
			(void)*(volatile char *)address;
	}
	return error;
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		CHECK(error_of(missing, 0) == 4 && error_of(missing + 8 * me, 1) == 6);
		CHECK((error_of(forbidden, 0) & ~1) == 4 && (error_of(forbidden, 1) & ~1) == 6);
		CHECK(error_of(readable, 0) == -1 && error_of(readable, 1) == 7);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	forbidden = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)forbidden != MAP_FAILED);
	readable = forbidden + 4096;
	missing = readable + 4096;
	memset(forbidden, 1, 2 * 4096);
	CHECK(mprotect(forbidden, 4096, PROT_NONE) == 0 && mprotect(readable, 4096, PROT_READ) == 0);
	CHECK(munmap(missing, 4096) == 0);
	handle(SIGSEGV, on_fault, 0);
	start_workers(body);
	end_workers();
	printf("faults %ld\n", 5 * threads * iterations);
	return 0;
}
