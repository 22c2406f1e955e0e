/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the trap flag set by a thread is one SIGTRAP (TRAP_TRACE) after each instruction until it is cleared. */
#include "signals.h"

static __thread volatile long traps;
static __thread volatile greg_t last;
void stepped(void);
extern char step_first[], step_last[];

/* Traced: ten nops, pushfq, andq, popfq. */
__asm__(".text\n.globl stepped, step_first, step_last\n"
	"stepped:\n\tpushfq\n\torq $0x100, (%rsp)\n\tpopfq\n"
	"step_first:\n\t.rept 10\n\tnop\n\t.endr\n"
	"\tpushfq\n\tandq $~0x100, (%rsp)\n\tpopfq\nstep_last:\n\tret\n");

static void on_trap(int number, siginfo_t *info, void *context)
{
	greg_t rip = registers(context)[REG_RIP];

	CHECK(number == SIGTRAP && info->si_code == TRAP_TRACE && registers(context)[REG_TRAPNO] == 1);
	CHECK(rip > last && rip > (greg_t)(uintptr_t)step_first && rip <= (greg_t)(uintptr_t)step_last);
	last = rip;
	traps++;
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		last = 0;
		stepped();
		CHECK(traps == 13 * i && last == (greg_t)(uintptr_t)step_last);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	handle(SIGTRAP, on_trap, 0);
	start_workers(body);
	end_workers();
	printf("steps %ld\n", 13 * threads * iterations);
	return 0;
}
