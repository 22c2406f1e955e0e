/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler that moves rip and sets a register turns a load from a null pointer into a branch, as virtual machines do. */
#include "signals.h"

/* Loads *pointer; at a null pointer the handler goes to the second half, which answers -1. */
long load_or_minus(const long *pointer);
extern char null_load[], null_stub[];

__asm__(".text\n.globl load_or_minus, null_load, null_stub\n"
	"load_or_minus:\n"
	"null_load:\n\tmovq 16(%rdi), %rax\n\tret\n"
	"null_stub:\n\tmovq %rdx, %rax\n\tret\n");

static void on_fault(int number, siginfo_t *info, void *context)
{
	greg_t *regs = registers(context);

	(void)number;
	CHECK(info->si_code == SEGV_MAPERR && info->si_addr == (void *)16 && regs[REG_RDI] == 0);
	CHECK(regs[REG_RIP] == (greg_t)(uintptr_t)null_load && regs[REG_TRAPNO] == 14 && regs[REG_CR2] == 16);
	regs[REG_RIP] = (greg_t)(uintptr_t)null_stub;
	regs[REG_RDX] = -1 - me;
}

static void body(void)
{
	long values[3] = { 0, 0, 0 };

	for (long i = 0; i < iterations; i++) {
		values[2] = i;
		CHECK(load_or_minus(values) == i);
		CHECK(load_or_minus(NULL) == -1 - me);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	handle(SIGSEGV, on_fault, 0);
	start_workers(body);
	end_workers();
	printf("branches %ld\n", threads * iterations);
	return 0;
}
