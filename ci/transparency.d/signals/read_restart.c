/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a read that waits on an empty pipe goes on after handlers with SA_RESTART and returns the bytes that came later. */
#include "signals.h"

static int ends[MAX_THREADS][2];

static void body(void)
{
	char text[8] = "";

	CHECK(read(ends[me][0], text, sizeof(text)) == 5 && memcmp(text, "hello", 6) == 0);
}

static void release(int i)
{
	CHECK(write(ends[i][1], "hello", 5) == 5);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(ends[i]) == 0);
	restart_workers(body, release);
	printf("restarted %ld\n", threads * iterations);
	return 0;
}
