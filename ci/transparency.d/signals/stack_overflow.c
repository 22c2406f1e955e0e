/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that overflows its stack gets SIGSEGV on its alternate stack at its guard page, and can jump out and go on. */
#include <setjmp.h>

#include "signals.h"

static __thread sigjmp_buf escape;
static __thread char *stack, *guard, *low;
static volatile long bottomless = 1000000000;

static void on_fault(int number, siginfo_t *info, void *context)
{
	char here, *address = info->si_addr;

	(void)number;
	(void)context;
	CHECK(&here >= low && &here < low + 65536 && info->si_code == SEGV_ACCERR);
	CHECK(address >= guard && address < stack);
	siglongjmp(escape, 1);
}

static long __attribute__((noinline)) descend(long depth)
{
	char volatile frame[1000];

	frame[depth % 1000] = (char)depth;
	if (depth >= bottomless)
		return depth;
	return descend(depth + 1) + frame[depth % 1000];
}

static void overflow(void)
{
	if (sigsetjmp(escape, 1) == 0) {
		descend(0);
		CHECK(!"bottom reached");
	}
	CHECK(!is_blocked(SIGSEGV));
}

static void *victim(void *arg)
{
	stack_t alternate = { .ss_size = 65536 };
	pthread_attr_t attr;
	size_t size, guard_size;
	void *at;

	settle();
	CHECK(pthread_getattr_np(pthread_self(), &attr) == 0 && pthread_attr_getstack(&attr, &at, &size) == 0);
	CHECK(pthread_attr_getguardsize(&attr, &guard_size) == 0 && guard_size >= 4096);
	pthread_attr_destroy(&attr);
	stack = at;
	guard = stack - guard_size;
	low = alternate.ss_sp = malloc(alternate.ss_size);
	CHECK(low && sigaltstack(&alternate, NULL) == 0);
	for (long i = 0; i < iterations; i++)
		overflow();
	alternate.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&alternate, NULL) == 0);
	free(low);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;

	arguments(argc, argv, 3);
	handle(SIGSEGV, on_fault, SA_ONSTACK);
	CHECK(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, 128 * 1024) == 0);
	CHECK(pthread_attr_setguardsize(&attr, 8192) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], &attr, victim, NULL) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	printf("overflows %ld\n", threads * iterations);
	return 0;
}
