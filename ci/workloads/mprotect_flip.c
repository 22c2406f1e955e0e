/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: protection changed on one node holds on all: a forbidden access anywhere is a SIGSEGV with the right address and code. */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "check.h"

#define PAGES 8

static char *area;
static __thread sigjmp_buf escape;
static __thread void *fault_address;
static __thread int fault_code;
static atomic_long faults;
static pthread_barrier_t barrier;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	fault_address = info->si_addr;
	fault_code = info->si_code;
	siglongjmp(escape, 1);
}

static void expect_fault(char *address, int write, int code)
{
	if (sigsetjmp(escape, 1) == 0) {
		if (write)
			*(volatile char *)address = 1;
		else
			(void)*(volatile char *)address;
		CHECK(!"the access was allowed");
	}
	CHECK(fault_address == address && fault_code == code);
	atomic_fetch_add(&faults, 1);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		char *page = area + 4096 * (i % PAGES);

		pthread_barrier_wait(&barrier);
		if (me == 0) {
			page[100] = (char)i;
			CHECK(mprotect(page, 4096, PROT_READ) == 0);
		}
		pthread_barrier_wait(&barrier);
		CHECK(page[100] == (char)i);
		expect_fault(page + 8 * me, 1, SEGV_ACCERR);
		pthread_barrier_wait(&barrier);
		if (me == threads - 1)
			CHECK(mprotect(page, 4096, PROT_NONE) == 0);
		pthread_barrier_wait(&barrier);
		expect_fault(page + 16 * me, 0, SEGV_ACCERR);
		pthread_barrier_wait(&barrier);
		if (me == 0)
			CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
		pthread_barrier_wait(&barrier);
		page[200 + me] = (char)(me + i);
		CHECK(page[100] == (char)i);
	}
	expect_fault((char *)(8 * me), 0, SEGV_MAPERR);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	arguments(argc, argv, 16);
	area = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED && sigaction(SIGSEGV, &action, NULL) == 0);
	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	run_threads(threads, worker);
	CHECK(atomic_load(&faults) == threads * (2 * iterations + 1));
	printf("faults %ld\n", atomic_load(&faults));
	return 0;
}
