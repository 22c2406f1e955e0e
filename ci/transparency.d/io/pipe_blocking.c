/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a write larger than its pipe blocks until another thread has read it, and the reader gets every byte in order. */
#include "io.h"

#define BYTES 200000

static int ends[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int *pipe_ends = ends[me / 2];
	unsigned char *buffer = malloc(BYTES);

	CHECK(buffer);
	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0) {
			pattern(buffer, BYTES, (uint64_t)(i + me));
			/* One call: a blocking pipe takes all of it. */
			CHECK(write(pipe_ends[1], buffer, BYTES) == BYTES);
		} else {
			memset(buffer, 0, BYTES);
			read_all(pipe_ends[0], buffer, BYTES);
			CHECK(matches(buffer, BYTES, (uint64_t)(i + me - 1)));
		}
	}
	if (me % 2 == 0)
		CHECK(close(pipe_ends[1]) == 0);
	else
		CHECK(read(pipe_ends[0], buffer, 1) == 0 && close(pipe_ends[0]) == 0);
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	for (int i = 0; i < pairs(); i++)
		CHECK(pipe2(ends[i], O_CLOEXEC) == 0);
	run_workers(2 * pairs(), worker);
	printf("bytes %ld\n", pairs() * iterations * BYTES);
	return 0;
}
