/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAIT without timeout is EINTR after a handler without SA_RESTART, and goes on until woken with it. */
#include <linux/futex.h>

#include "signals.h"

static int word, finished[MAX_THREADS];

static void interrupted(void)
{
	for (long i = 0; i < iterations; i++)
		CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EINTR);
}

static void waiting(void)
{
	while (!__atomic_load_n(&finished[me], __ATOMIC_SEQ_CST))
		if (syscall(SYS_futex, &finished[me], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0))
			CHECK(errno == EAGAIN);
}

static void release(int i)
{
	__atomic_store_n(&finished[i], 1, __ATOMIC_SEQ_CST);
	CHECK(syscall(SYS_futex, &finished[i], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) >= 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	interrupt_workers(0, interrupted);
	restart_workers(waiting, release);
	printf("interrupted and restarted %ld\n", threads * iterations);
	return 0;
}
