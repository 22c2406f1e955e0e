/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the GS base that arch_prctl sets is each thread's own and stays, beside the FS base of its thread-local data. */
#include <asm/prctl.h>

#include "threads.h"

static void *worker(void *arg)
{
	uint64_t words[8] = { 0 }, base, state = 3;

	settle();
	CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &base) == 0 && base == 0);
	CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, words) == 0);
	for (long i = 1; i <= iterations; i++) {
		uint64_t got;

		words[2] = (uint64_t)i * 10 + (uint64_t)(intptr_t)arg;
		for (int k = 0; k < 1000; k++)
			xorshift(&state);
		if (i % 16 == 0) {
			sched_yield();
			CHECK(getppid() > 0);
		}
		__asm__ volatile("movq %%gs:16, %0" : "=r"(got) : : "memory");
		CHECK(got == words[2]);
		__asm__ volatile("movq %0, %%gs:24" : : "r"(got + 1) : "memory");
		CHECK(*(volatile uint64_t *)&words[3] == got + 1);
	}
	CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &base) == 0 && base == (uintptr_t)words);
	CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, 0L) == 0);
	CHECK(syscall(SYS_arch_prctl, ARCH_SET_FS, -1L) == -1 && errno == EPERM);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2000);
	run_workers(worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
