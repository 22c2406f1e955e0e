/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sigwaitinfo and sigtimedwait end with EINTR when another signal is handled, even with SA_RESTART. */
#include "signals.h"

static void body(void)
{
	struct timespec hour = { 3600, 0 };
	sigset_t set = set_of(SIGUSR2, 0);

	mask(SIG_BLOCK, SIGUSR2);
	for (long i = 0; i < iterations; i++) {
		CHECK(sigwaitinfo(&set, NULL) == -1 && errno == EINTR);
		CHECK(sigtimedwait(&set, NULL, &hour) == -1 && errno == EINTR);
	}
	CHECK(!is_pending(SIGUSR2));
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	interrupt_workers(SA_RESTART, body);
	printf("interrupted %ld\n", 2 * threads * iterations);
	return 0;
}
