/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler that adds the length of the faulting load to rip skips it, and every other register is as it was. */
#include "signals.h"

static void on_fault(int number, siginfo_t *info, void *context)
{
	greg_t *regs = registers(context);

	(void)number;
	CHECK(info->si_code == SEGV_MAPERR && info->si_addr == (void *)0x808);
	CHECK(regs[REG_RBX] == 0x808 - me && !(regs[REG_ERR] & 2));
	/* mov (%rbx,%r12), %rax */
	regs[REG_RIP] += 4;
	regs[REG_RAX] = regs[REG_RCX] * 2;
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		register uint64_t r8 __asm__("r8") = (uint64_t)i * 3, r9 __asm__("r9") = (uint64_t)i * 5;
		register uint64_t r12 __asm__("r12") = (uint64_t)me, r15 __asm__("r15") = (uint64_t)i * 7;
		uint64_t a = 1, b = 0x808 - (uint64_t)me, c = (uint64_t)i;

		__asm__ volatile("movq (%%rbx,%%r12), %%rax"
				 : "+a"(a), "+b"(b), "+c"(c), "+r"(r8), "+r"(r9), "+r"(r12), "+r"(r15)
				 :
				 : "memory");
		CHECK(a == 2 * (uint64_t)i && c == (uint64_t)i && r8 == 3 * (uint64_t)i && r9 == 5 * (uint64_t)i);
		CHECK(r12 == (uint64_t)me && r15 == 7 * (uint64_t)i && b == 0x808 - (uint64_t)me);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	handle(SIGSEGV, on_fault, 0);
	start_workers(body);
	end_workers();
	printf("skipped %ld\n", threads * iterations);
	return 0;
}
