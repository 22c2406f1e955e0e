/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a store into another thread's guard page is SEGV_ACCERR for any thread, and its stack beside it can be written. */
#include <setjmp.h>

#include "threads.h"

static char *volatile low[MAX_THREADS];
static __thread sigjmp_buf escape;
static __thread void *volatile address;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	CHECK(info->si_code == SEGV_ACCERR);
	address = info->si_addr;
	siglongjmp(escape, 1);
}

static void expect_fault(char *at)
{
	if (sigsetjmp(escape, 1) == 0) {
		*(volatile char *)at = 1;
		CHECK(!"allowed");
	}
	CHECK(address == at);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	pthread_attr_t attr;
	void *start;
	size_t size, guard;

	settle();
	CHECK(pthread_getattr_np(pthread_self(), &attr) == 0 && pthread_attr_getstack(&attr, &start, &size) == 0);
	CHECK(pthread_attr_getguardsize(&attr, &guard) == 0 && guard == 4096 && pthread_attr_destroy(&attr) == 0);
	low[me] = start;
	meet();
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < threads; k++) {
			expect_fault(low[k] - 1 - me);
			/* Far from where that stack is in use. */
			((volatile char *)low[k])[me] = (char)(me + i);
			CHECK(((volatile char *)low[k])[me] == (char)(me + i));
		}
	meet();
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	arguments(argc, argv, 6);
	CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
	run_workers(worker);
	printf("faults %ld\n", threads * threads * iterations);
	return 0;
}
