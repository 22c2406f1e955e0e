/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a write longer than the pipe, interrupted, returns exactly what the pipe held, SA_RESTART or not; then EINTR. */
#include <fcntl.h>

#include "signals.h"

static int ends[MAX_THREADS][2];
static char sent[MAX_THREADS][1 << 17];

static void body(void)
{
	static __thread char got[4096];

	for (long i = 0; i < iterations; i++) {
		long room = fcntl(ends[me][1], F_GETPIPE_SZ), sum = 0;

		CHECK(room >= 4096 && room < (long)sizeof(sent[me]));
		memset(sent[me], (int)i + 1, sizeof(sent[me]));
		CHECK(write(ends[me][1], sent[me], sizeof(sent[me])) == room);
		while (sum < room) {
			long n = read(ends[me][0], got, sizeof(got));

			CHECK(n > 0);
			for (long k = 0; k < n; k++)
				CHECK(got[k] == (char)(i + 1));
			sum += n;
		}
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(ends[i]) == 0);
	interrupt_workers(SA_RESTART, body);
	printf("partial writes %ld\n", threads * iterations);
	return 0;
}
