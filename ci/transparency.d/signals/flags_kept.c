/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: arithmetic flags and the direction flag of interrupted code are as they were; the handler starts with none set backwards. */
#include "signals.h"

/* Sets the flags, waits with instructions that change none until *counter + minus is 0, and returns the flags. */
uint64_t keep_flags(atomic_long *counter, long minus, uint64_t flags);

__asm__(".text\n.globl keep_flags\nkeep_flags:\n"
	"\tpushq %rdx\n\tpopfq\n"
	"1:\tmovq (%rdi), %rcx\n\tleaq (%rcx,%rsi), %rcx\n\tjrcxz 2f\n\tjmp 1b\n"
	"2:\tpushfq\n\tpopq %rax\n\tcld\n\tret\n");

static void on_signal(int number, siginfo_t *info, void *context)
{
	uint64_t flags = __builtin_ia32_readeflags_u64();

	CHECK(!(flags & 0x400));
	count_signal(number, info, context);
}

static void body(void)
{
	for (long n = 1; n <= iterations; n++) {
		/* CF, PF, AF, ZF, SF, OF as the bits of n; DF every other time. */
		uint64_t flags = 2 | (n & 1) | (n & 2) << 1 | (n & 4) << 2 | (n & 8) << 3 | (n & 16) << 3;

		flags |= (n & 32) << 6 | (n & 1) << 10;
		await_signal(n);
		CHECK((keep_flags(&caught[me], -n, flags) & 0xcd5) == (flags & 0xcd5));
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 64);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("flags %ld\n", threads * iterations);
	return 0;
}
