/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker that has its system calls dispatched to itself (PR_SET_SYSCALL_USER_DISPATCH) gets its own, and no others. */
#include <signal.h>
#include <sys/mman.h>
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

#define SET_DISPATCH 59
#define OFF 0
#define ON 1

static _Alignas(4096) volatile char selectors[MAX_THREADS];
static __thread volatile char *selector;
static __thread volatile int caught, number;

static void on_call(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	*selector = 0;
	caught++;
	number = info->si_syscall;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 4242;
}

/* A call by its number, which another system's program may mean something else by. */
static long foreign_call(long nr, volatile void *first, long second)
{
	long answer;

	__asm__ volatile("syscall" : "=a"(answer) : "a"(nr), "D"(first), "S"(second) : "rcx", "r11", "memory");
	return answer;
}

static void *worker(void *arg)
{
	static const int numbers[] = { SYS_getppid, SYS_munmap, SYS_exit };
	volatile long *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);

	selector = &selectors[(intptr_t)arg];
	settle();
	CHECK(prctl(SET_DISPATCH, ON, 0, 0, selector) == 0);
	for (long i = 0; i < iterations; i++) {
		CHECK(getppid() >= 0);
		*page = i;
		*selector = 1;
		compute();
		CHECK(caught == i);
		CHECK(foreign_call(numbers[i % 3], page, 4096) == 4242);
		CHECK(*selector == 0 && *page == i);
		CHECK(caught == i + 1 && number == numbers[i % 3]);
	}
	/* It ends with the dispatch on, and its calls let through. */
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_RESTART };

	arguments(argc, argv, 10);
	if (prctl(SET_DISPATCH, OFF, 0, 0, 0) != 0) {
		fprintf(stderr, "this kernel does not dispatch system calls\n");
		return 77;
	}
	CHECK(sigaction(SIGSYS, &action, NULL) == 0);
	run_threads(threads, worker);
	puts("all came");
	return 0;
}
