/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: siglongjmp out of a handler restores the mask if sigsetjmp saved it and leaves the signal blocked if not. */
#include <setjmp.h>

#include "signals.h"

static __thread sigjmp_buf escape;
static __thread volatile int saving;

static void on_signal(int number, siginfo_t *info, void *context)
{
	count_signal(number, info, context);
	CHECK(is_blocked(number));
	siglongjmp(escape, 1 + saving);
}

static void jump(int save)
{
	volatile uint64_t state = 9;
	int from;

	saving = save;
	from = sigsetjmp(escape, save);
	if (from == 0) {
		await_signal(atomic_load(&caught[me]) + 1);
		/* Left only by the jump, at whatever instruction. */
		for (;;) {
			uint64_t next = state;

			state = xorshift(&next);
		}
	}
	CHECK(from == 1 + save && is_blocked(SIGUSR1) == !save);
	mask(SIG_UNBLOCK, SIGUSR1);
}

static void body(void)
{
	for (long i = 0; i < iterations; i++)
		jump((int)(i % 2));
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("jumps %ld\n", threads * iterations);
	return 0;
}
