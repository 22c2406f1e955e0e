/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the x87 stack, MXCSR and vector registers of interrupted code survive a handler that overwrites them all. */
#include <xmmintrin.h>

#include "signals.h"

/* Loads 16 registers (of 32 bytes with AVX, 16 without) from `in`, waits until *counter is `target`, stores them. */
void keep_avx(atomic_long *counter, long target, const void *in, void *out);
void keep_sse(atomic_long *counter, long target, const void *in, void *out);

#define KEEP(name, move, register, size) \
	__asm__(".text\n.globl " name "\n" name ":\n\t.altmacro\n\t.set i, 0\n" \
		"\t.macro " name "_load n\n\t" move " \\n*" size "(%rdx), %" register "\\n\n\t.endm\n" \
		"\t.macro " name "_store n\n\t" move " %" register "\\n, \\n*" size "(%rcx)\n\t.endm\n" \
		"\t.rept 16\n\t" name "_load %i\n\t.set i, i+1\n\t.endr\n" \
		"1:\tcmpq %rsi, (%rdi)\n\tjl 1b\n\t.set i, 0\n" \
		"\t.rept 16\n\t" name "_store %i\n\t.set i, i+1\n\t.endr\n\t.noaltmacro\n\tret\n")

KEEP("keep_avx", "vmovdqu", "ymm", "32");
KEEP("keep_sse", "movdqu", "xmm", "16");

static int avx;

static void on_signal(int number, siginfo_t *info, void *context)
{
	static const uint64_t zero[64];
	static __thread uint64_t junk[64];
	atomic_long now = 0;

	(avx ? keep_avx : keep_sse)(&now, 0, zero, junk);
	_mm_setcsr(0x7f80);
	__asm__ volatile("fninit\n\tfldpi\n\tfldpi\n\tfldpi" ::: "st", "st(1)", "st(2)");
	__asm__ volatile("fstp %%st(0)\n\tfstp %%st(0)\n\tfstp %%st(0)" ::: "st", "st(1)", "st(2)");
	count_signal(number, info, context);
}

static void body(void)
{
	size_t bytes = avx ? 512 : 256;
	uint64_t in[64], out[64], state = 31 + (uint64_t)me;

	for (long n = 1; n <= iterations; n++) {
		unsigned mode = 0x1f80 | (unsigned)(n % 4) << 13;
		double x87;

		for (int i = 0; i < 64; i++)
			in[i] = xorshift(&state);
		_mm_setcsr(mode);
		await_signal(n);
		__asm__ volatile("fildll %0" : : "m"(in[0]));
		(avx ? keep_avx : keep_sse)(&caught[me], n, in, out);
		__asm__ volatile("fstpl %0" : "=m"(x87));
		CHECK(_mm_getcsr() == mode);
		_mm_setcsr(0x1f80);
		CHECK(memcmp(in, out, bytes) == 0);
		CHECK(x87 == (double)(int64_t)in[0]);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	avx = __builtin_cpu_supports("avx") != 0;
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("kept %ld\n", threads * iterations);
	return 0;
}
