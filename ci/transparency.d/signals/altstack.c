/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: every thread has its own alternate stack; handlers with SA_ONSTACK run there, others on the thread's stack. */
#include "signals.h"

static __thread char *low;
static __thread volatile long on_it, off_it;
#define SIZE 65536

static int inside(void)
{
	char here;

	return &here >= low && &here < low + SIZE;
}

static void on_stack(int number, siginfo_t *info, void *context)
{
	stack_t now, other = { .ss_sp = low, .ss_size = SIZE };

	(void)number;
	(void)info;
	CHECK(inside() && sigaltstack(NULL, &now) == 0 && now.ss_sp == low && now.ss_flags == SS_ONSTACK);
	CHECK(sigaltstack(&other, NULL) == -1 && errno == EPERM);
	CHECK(((ucontext_t *)context)->uc_stack.ss_sp == low);
	on_it++;
	/* One without SA_ONSTACK stays where it came. */
	CHECK(raise(SIGUSR2) == 0);
}

static void off_stack(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	if (inside())
		off_it += 1000;
	off_it++;
}

static void body(void)
{
	stack_t mine = { .ss_size = SIZE }, now;

	CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_DISABLE);
	low = mine.ss_sp = malloc(SIZE);
	CHECK(low && sigaltstack(&mine, NULL) == 0);
	for (long i = 1; i <= iterations; i++) {
		CHECK(raise(SIGUSR1) == 0 && on_it == i && off_it == 1001 * i + (i - 1));
		CHECK(raise(SIGUSR2) == 0 && off_it == 1002 * i);
		CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == 0 && now.ss_sp == low && now.ss_size == SIZE);
	}
	mine.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&mine, NULL) == 0 && sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_DISABLE);
	free(low);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	handle(SIGUSR1, on_stack, SA_ONSTACK);
	handle(SIGUSR2, off_stack, 0);
	start_workers(body);
	end_workers();
	printf("on the stacks %ld\n", threads * iterations);
	return 0;
}
