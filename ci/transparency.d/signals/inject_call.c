/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler that pushes a call onto the interrupted stack makes the computing thread run that function, then go on. */
#include "signals.h"

/* As runtimes preempt a loop that never asks: the handler returns into `injected`, which saves all and returns. */
void injected(void);
void injected_body(void);

__asm__(".text\n.globl injected\n"
	"injected:\n\tpushfq\n\tcld\n\tpushq %rbp\n\tmovq %rsp, %rbp\n"
	"\tpushq %rax\n\tpushq %rcx\n\tpushq %rdx\n\tpushq %rsi\n\tpushq %rdi\n"
	"\tpushq %r8\n\tpushq %r9\n\tpushq %r10\n\tpushq %r11\n\tpushq %rbx\n"
	"\tsubq $528, %rsp\n\tandq $-16, %rsp\n\tfxsave64 (%rsp)\n\tmovq %rsp, %rbx\n"
	"\tcall injected_body\n"
	"\tfxrstor64 (%rbx)\n\tleaq -80(%rbp), %rsp\n\tpopq %rbx\n"
	"\tpopq %r11\n\tpopq %r10\n\tpopq %r9\n\tpopq %r8\n"
	"\tpopq %rdi\n\tpopq %rsi\n\tpopq %rdx\n\tpopq %rcx\n\tpopq %rax\n"
	"\tpopq %rbp\n\tpopfq\n\tret $128\n");

static __thread volatile long calls;

void injected_body(void)
{
	CHECK(getppid() > 0);
	calls++;
	atomic_fetch_add(&caught[me], 1);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	greg_t *regs = registers(context);
	uint64_t *stack;

	(void)number;
	(void)info;
	/* Below the red zone; `ret $128` gives it back. */
	stack = (uint64_t *)((uintptr_t)regs[REG_RSP] - 128 - 8);
	*stack = (uint64_t)regs[REG_RIP];
	regs[REG_RSP] = (greg_t)(uintptr_t)stack;
	regs[REG_RIP] = (greg_t)(uintptr_t)injected;
}

static void body(void)
{
	uint64_t state = 77 + (uint64_t)me, check = state;
	long steps = 0;

	for (long n = 1; n <= iterations; n++) {
		await_signal(n);
		while (calls < n) {
			xorshift(&state);
			steps++;
		}
	}
	while (steps--)
		xorshift(&check);
	CHECK(check == state);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("injected %ld\n", threads * iterations);
	return 0;
}
