/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a sleep that is continued with what was left after each signal lasts at least as long as asked in all. */
#include "signals.h"

static void body(void)
{
	struct timespec left = { 0, 60000000 };
	double start = seconds();

	while (nanosleep(&left, &left))
		CHECK(errno == EINTR && left.tv_sec == 0 && left.tv_nsec < 61000000);
	CHECK(seconds() - start >= 0.06);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	interrupt_workers(SA_RESTART, body);
	printf("slept %d\n", threads);
	return 0;
}
