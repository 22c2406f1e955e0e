/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: reads and writes of several threads through one descriptor, and its duplicates, share one place: every block once. */
#include "io.h"

#define BLOCK 512

static int input, output;
static atomic_int seen[4096];

static void *worker(void *arg)
{
	/* dup shares the place, whichever of the two is used. */
	int from = (intptr_t)arg % 2 ? dup(input) : input, to = (intptr_t)arg % 2 ? output : dup(output);
	unsigned char block[BLOCK];
	ssize_t n;

	CHECK(from >= 0 && to >= 0);
	settle();
	meet();
	while ((n = read(from, block, BLOCK)) == BLOCK) {
		unsigned number;

		memcpy(&number, block, sizeof(number));
		CHECK(number < (unsigned)iterations && atomic_fetch_add(&seen[number], 1) == 0);
		CHECK(matches(block + 4, BLOCK - 4, number));
		CHECK(write(to, block, BLOCK) == BLOCK);
	}
	CHECK(n == 0);
	meet();
	CHECK(lseek(from, 0, SEEK_CUR) == iterations * BLOCK && lseek(to, 0, SEEK_CUR) == iterations * BLOCK);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char block[BLOCK];

	arguments(argc, argv, 200);
	CHECK(iterations <= 4096);
	input = new_file("input");
	output = new_file("output");
	for (unsigned k = 0; k < (unsigned)iterations; k++) {
		memcpy(block, &k, sizeof(k));
		pattern(block + 4, BLOCK - 4, k);
		write_all(input, block, BLOCK);
	}
	CHECK(lseek(input, 0, SEEK_SET) == 0);
	run_workers(threads, worker);
	/* The order of the output is open, its blocks are not. */
	for (long k = 0; k < iterations; k++) {
		unsigned number;

		CHECK(pread(output, block, BLOCK, k * BLOCK) == BLOCK);
		memcpy(&number, block, sizeof(number));
		CHECK(number < (unsigned)iterations && atomic_fetch_add(&seen[number], 1) == 1);
		CHECK(matches(block + 4, BLOCK - 4, number));
	}
	CHECK(unlink("output") == 0);
	printf("blocks %ld\n", iterations);
	return 0;
}
