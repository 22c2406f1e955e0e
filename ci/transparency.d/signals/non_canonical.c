/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an access outside the canonical addresses is SIGSEGV with SI_KERNEL and no address, one to the kernel's half SEGV_MAPERR. */
#include <setjmp.h>

#include "signals.h"

static __thread sigjmp_buf escape;
static __thread siginfo_t seen;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	seen = *info;
	siglongjmp(escape, 1);
}

static void expect(uintptr_t address, int code, uintptr_t told)
{
	if (sigsetjmp(escape, 1) == 0) {
		(void)*(volatile char *)address;
		CHECK(!"allowed");
	}
	CHECK(seen.si_signo == SIGSEGV && seen.si_code == code && (uintptr_t)seen.si_addr == told);
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		expect(0x8000000000000000u + (uintptr_t)me, SI_KERNEL, 0);
		expect(0x0100000000000000u, SI_KERNEL, 0);
		expect(0xffffffff81000000u, SEGV_MAPERR, 0xffffffff81000000u);
		expect(0x00007fffffffff00u, SEGV_MAPERR, 0x00007fffffffff00u);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	handle(SIGSEGV, on_fault, 0);
	start_workers(body);
	end_workers();
	printf("faults %ld\n", 4 * threads * iterations);
	return 0;
}
