/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a read that waits on an empty pipe ends with EINTR when a handler without SA_RESTART ran. */
#include "signals.h"

static int ends[MAX_THREADS][2];

static void body(void)
{
	char byte;

	for (long i = 0; i < iterations; i++)
		CHECK(read(ends[me][0], &byte, 1) == -1 && errno == EINTR);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(ends[i]) == 0);
	interrupt_workers(0, body);
	printf("interrupted %ld\n", threads * iterations);
	return 0;
}
