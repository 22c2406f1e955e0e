/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: after PR_SET_TSC each rdtsc of a worker faults, and of a thread that it makes, but of no other. */
#include <signal.h>
#include <sys/prctl.h>
#include <ucontext.h>

#include "check.h"

/* Some milliseconds without a call, so that a thread that may be moved is. */
static void compute(void)
{
	volatile uint64_t state = 88172645463325252ull;

	for (int i = 0; i < 1000000; i++) {
		uint64_t next = state;

		state = xorshift(&next);
	}
}

static __thread volatile int faults;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	faults++;
	/* rdtsc has two bytes. */
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void rounds(int faulting)
{
	for (long i = 0; i < iterations; i++) {
		compute();
		__asm__ volatile("rdtsc" ::: "eax", "edx");
		CHECK(faults == (faulting ? i + 1 : 0));
		CHECK(syscall(SYS_getppid) >= 0);
	}
}

static void *child(void *arg)
{
	rounds(1);
	return arg;
}

static void *worker(void *arg)
{
	int faulting = (intptr_t)arg % 2 == 0;
	pthread_t made;

	settle();
	if (faulting)
		CHECK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
	rounds(faulting);
	if (faulting) {
		CHECK(pthread_create(&made, NULL, child, NULL) == 0);
		CHECK(pthread_join(made, NULL) == 0);
	}
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_RESTART };

	arguments(argc, argv, 6);
	CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
	run_threads(threads, worker);
	puts("as asked for");
	return 0;
}
