/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: int3 is SIGTRAP with SI_KERNEL, rip behind it, in the thread that ran it, and the program goes on. */
#include "signals.h"

static __thread volatile long traps;
extern char behind[];
void stop_here(void);

__asm__(".text\n.globl stop_here, behind\nstop_here:\n\tint3\nbehind:\n\tret\n");

static void on_trap(int number, siginfo_t *info, void *context)
{
	CHECK(number == SIGTRAP && info->si_code == SI_KERNEL && me >= 0);
	CHECK(registers(context)[REG_RIP] == (greg_t)(uintptr_t)behind && registers(context)[REG_TRAPNO] == 3);
	traps++;
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		stop_here();
		CHECK(traps == i);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	handle(SIGTRAP, on_trap, 0);
	start_workers(body);
	end_workers();
	printf("traps %ld\n", threads * iterations);
	return 0;
}
