/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAIT and FUTEX_WAIT_BITSET with a timeout end with EINTR after a handler, SA_RESTART or not. */
#include <linux/futex.h>

#include "signals.h"

static int word;

static void body(void)
{
	struct timespec hour = { 3600, 0 }, until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 3600;
	for (long i = 0; i < iterations; i++) {
		CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &hour, NULL, 0) == -1 && errno == EINTR);
		CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, NULL, 1) == -1);
		CHECK(errno == EINTR);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	interrupt_workers(SA_RESTART, body);
	printf("interrupted %ld\n", 2 * threads * iterations);
	return 0;
}
