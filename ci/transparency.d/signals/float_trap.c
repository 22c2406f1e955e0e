/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: unmasked SSE exceptions are SIGFPE with the right si_code, and only in the thread that unmasked them. */
#include <xmmintrin.h>

#include "signals.h"

static __thread volatile int code;

static void on_fault(int number, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	CHECK(number == SIGFPE && registers(context)[REG_TRAPNO] == 19);
	code = info->si_code;
	/* Masked again, the instruction runs through. */
	uc->uc_mcontext.fpregs->mxcsr |= 0x1f80;
	uc->uc_mcontext.fpregs->mxcsr &= ~0x3fu;
}

static int try_divide(float a, float b, unsigned unmasked)
{
	volatile float x = a, y = b;

	code = 0;
	_mm_setcsr((_mm_getcsr() & ~0x3fu) & ~unmasked);
	x = x / y;
	_mm_setcsr(0x1f80);
	return code;
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		CHECK(try_divide(1, 0, me % 2 ? 0 : 0x200) == (me % 2 ? 0 : FPE_FLTDIV));
		CHECK(try_divide(0, 0, me % 2 ? 0x80 : 0) == (me % 2 ? FPE_FLTINV : 0));
		CHECK(try_divide(1, 3, 0x1000) == FPE_FLTRES);
		CHECK(try_divide(3e38f, 1e-38f, 0x400) == FPE_FLTOVF);
		CHECK(try_divide(1, 4, 0x1f80) == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 30);
	handle(SIGFPE, on_fault, 0);
	if (try_divide(1, 0, 0x200) == 0) {
		fputs("this processor raises no SSE exceptions, as QEMU's emulated ones\n", stderr);
		return 77;
	}
	start_workers(body);
	end_workers();
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
