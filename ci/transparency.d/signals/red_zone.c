/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler leaves the 128 bytes below the interrupted code's stack pointer alone. */
#include "signals.h"

/* Fills the red zone from `seed` on, waits until *counter is `target`; how many of the 16 words are whole. */
long red_zone(atomic_long *counter, long target, long seed);

__asm__(".text\n.globl red_zone\nred_zone:\n"
	"\tmovl $16, %ecx\n1:\tnegq %rcx\n\tmovq %rdx, (%rsp,%rcx,8)\n"
	"\tnegq %rcx\n\taddq $1, %rdx\n\tdecq %rcx\n\tjnz 1b\n"
	"2:\tcmpq %rsi, (%rdi)\n\tjl 2b\n"
	"\txorl %eax, %eax\n\tmovl $1, %ecx\n"
	"3:\tsubq $1, %rdx\n\tnegq %rcx\n\tcmpq %rdx, (%rsp,%rcx,8)\n\tjne 4f\n\tincq %rax\n"
	"4:\tnegq %rcx\n\tincq %rcx\n\tcmpq $16, %rcx\n\tjle 3b\n\tret\n");

static void on_signal(int number, siginfo_t *info, void *context)
{
	char volatile fill[2000];

	/* Uses stack of its own. */
	for (size_t i = 0; i < sizeof(fill); i++)
		fill[i] = 0x55;
	count_signal(number, info, context);
}

static void body(void)
{
	for (long n = 1; n <= iterations; n++) {
		await_signal(n);
		CHECK(red_zone(&caught[me], n, n * 1000 + me) == 16);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("red zones %ld\n", threads * iterations);
	return 0;
}
