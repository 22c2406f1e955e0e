/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: icebp (0xf1) traps once each time, behind itself, with TRAP_BRKPT. */
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "check.h"

static __thread volatile long traps;
static __thread volatile uintptr_t behind;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	traps++;
	behind = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	CHECK(info->si_code == TRAP_BRKPT);
}

/* Emulated processors need not. */
static int has_icebp(void)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		__asm__ volatile(".byte 0xf1");
		_exit(traps != 1);
	}
	CHECK(waitpid(child, &status, 0) == child);
	return status == 0;
}

static void *worker(void *arg)
{
	volatile uint64_t state = 88172645463325252ull;

	(void)arg;
	settle();
	for (long i = 1; i <= iterations; i++) {
		uintptr_t next_instruction;

		for (int j = 0; j < 20000; j++) {
			uint64_t next = state;

			state = xorshift(&next);
		}
		__asm__ volatile("leaq 1f(%%rip), %0\n\t"
				 ".byte 0xf1\n\t"
				 "1:"
				 : "=&r"(next_instruction)
				 :
				 : "memory");
		CHECK(traps == i && behind == next_instruction);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	arguments(argc, argv, 100);
	CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
	if (!has_icebp()) {
		fprintf(stderr, "this processor has no icebp\n");
		return 77;
	}
	run_threads(threads, worker);
	puts("trapped");
	return 0;
}
