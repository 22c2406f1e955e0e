/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: ud2 is SIGILL with ILL_ILLOPN and the address of the instruction, which the handler may skip. */
#include "signals.h"

long illegal(void);
extern char instruction[];

__asm__(".text\n.globl illegal, instruction\n"
	"illegal:\n\tmovl $5, %eax\ninstruction:\n\tud2\n\tret\n");

static void on_fault(int number, siginfo_t *info, void *context)
{
	CHECK(number == SIGILL && info->si_code == ILL_ILLOPN && info->si_addr == instruction);
	CHECK(registers(context)[REG_TRAPNO] == 6);
	registers(context)[REG_RIP] += 2;
	registers(context)[REG_RAX] += 1 + me;
}

static void body(void)
{
	for (long i = 0; i < iterations; i++)
		CHECK(illegal() == 6 + me);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	handle(SIGILL, on_fault, 0);
	start_workers(body);
	end_workers();
	printf("illegal %ld\n", threads * iterations);
	return 0;
}
