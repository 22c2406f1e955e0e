/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a call that a worker's own filter traps raises SIGSYS in that worker, with the call's number, and returns what the handler sets. */
/* Limit with /dev/hitotsu: si_call_addr is where the thread last was at home */
#include "seccomp.h"
#include <signal.h>
#include <ucontext.h>

static __thread long trapped;

static void on_signal(int number, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	CHECK(number == SIGSYS && info->si_code == 1 && info->si_syscall == SYS_getpriority && info->si_errno == 77);
	CHECK((greg_t)(intptr_t)info->si_call_addr == registers[REG_RIP]);
	CHECK(registers[REG_RAX] == SYS_getpriority && registers[REG_RDI] == 5);
	registers[REG_RAX] = 4242 + trapped++;
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	if (me % 2 == 0)
		return NULL;
	filter(SYS_getpriority, SECCOMP_RET_TRAP | 77, 0);
	settle();
	for (long i = 0; i < iterations; i++)
		CHECK(syscall(SYS_getpriority, 5, 0) == 4242 + i && trapped == i + 1);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	CHECK(sigaction(SIGSYS, &action, NULL) == 0);
	run_threads(threads, worker);
	printf("trapped %ld\n", threads / 2 * iterations);
	return 0;
}
