/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a forked child has its parent's handlers, mask and alternate stack, but neither pending signals nor timers. */
#include "signals.h"

#define SIZE 65536

static __thread volatile long count;
static __thread char *low;

static void on_signal(int number, siginfo_t *info, void *context)
{
	char here;

	(void)number;
	(void)info;
	(void)context;
	CHECK(&here >= low && &here < low + SIZE);
	count++;
}

static void body(void)
{
	stack_t alternate = { .ss_size = SIZE }, now;

	low = alternate.ss_sp = malloc(SIZE);
	CHECK(low && sigaltstack(&alternate, NULL) == 0);
	for (long i = 1; i <= iterations; i++) {
		pid_t child;

		mask(SIG_BLOCK, SIGUSR1);
		CHECK(raise(SIGUSR1) == 0 && is_pending(SIGUSR1));
		child = fork();
		if (child == 0) {
			CHECK(is_blocked(SIGUSR1) && !is_pending(SIGUSR1) && alarm(0) == 0);
			CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == low && now.ss_size == SIZE);
			mask(SIG_UNBLOCK, SIGUSR1);
			CHECK(count == i - 1 && raise(SIGUSR1) == 0 && count == i);
			_exit(11);
		}
		CHECK(WEXITSTATUS(wait_for(child)) == 11 && is_pending(SIGUSR1));
		mask(SIG_UNBLOCK, SIGUSR1);
		CHECK(count == i);
	}
	alternate.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&alternate, NULL) == 0);
	free(low);
}

int main(int argc, char **argv)
{
	unsigned left;

	arguments(argc, argv, 4);
	CHECK(alarm(9000) == 0);
	handle(SIGUSR1, on_signal, SA_ONSTACK);
	start_workers(body);
	end_workers();
	left = alarm(0);
	CHECK(left > 8000);
	printf("children %ld\n", threads * iterations);
	return 0;
}
