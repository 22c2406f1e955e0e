/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a division by zero is SIGFPE with FPE_INTDIV and the instruction's address, and can be skipped by the handler. */
#include "signals.h"

long divide(long dividend, long divisor);
extern char division[];

__asm__(".text\n.globl divide, division\n"
	"divide:\n\tmovq %rdi, %rax\n\tcqto\n"
	"division:\n\tidivq %rsi\n\tret\n");

static void on_fault(int number, siginfo_t *info, void *context)
{
	greg_t *regs = registers(context);

	CHECK(number == SIGFPE && info->si_code == FPE_INTDIV && info->si_addr == division);
	CHECK(regs[REG_TRAPNO] == 0 && regs[REG_RIP] == (greg_t)(uintptr_t)division);
	regs[REG_RIP] += 3;
	regs[REG_RAX] = regs[REG_RDI] + 1000;
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		CHECK(divide(7 * i, i) == 7);
		CHECK(divide(i, 0) == 1000 + i);
		CHECK(divide(INT64_MIN, -1) == INT64_MIN + 1000);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	handle(SIGFPE, on_fault, 0);
	start_workers(body);
	end_workers();
	printf("divisions %ld\n", 3 * threads * iterations);
	return 0;
}
