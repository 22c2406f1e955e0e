/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an alternate stack with SS_AUTODISARM is disabled while its handler runs, and armed again afterwards. */
#include "signals.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif
#define SIZE 65536

static __thread char *low;
static __thread volatile long count;

static void on_signal(int number, siginfo_t *info, void *context)
{
	char here;
	stack_t now;

	(void)number;
	(void)info;
	(void)context;
	CHECK(&here >= low && &here < low + SIZE);
	CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_DISABLE);
	count++;
}

static void body(void)
{
	stack_t mine = { .ss_size = SIZE, .ss_flags = (int)SS_AUTODISARM }, now;

	low = mine.ss_sp = malloc(SIZE);
	CHECK(low && sigaltstack(&mine, NULL) == 0);
	for (long i = 1; i <= iterations; i++) {
		CHECK(raise(SIGUSR1) == 0 && count == i);
		CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == low && now.ss_flags == (int)SS_AUTODISARM);
	}
	mine.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&mine, NULL) == 0);
	free(low);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGUSR1, on_signal, SA_ONSTACK);
	start_workers(body);
	end_workers();
	printf("disarmed %ld\n", threads * iterations);
	return 0;
}
