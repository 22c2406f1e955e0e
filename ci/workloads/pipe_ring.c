/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads in a ring pass a growing message through pipes; bytes written on one node are read on another. */
#include "check.h"

#define MESSAGE 9000

static int pipes[MAX_THREADS][2];
static uint64_t hashes[MAX_THREADS];

static void transfer(int fd, unsigned char *buffer, int out)
{
	size_t done = 0;

	while (done < MESSAGE) {
		ssize_t n = out ? write(fd, buffer + done, MESSAGE - done) : read(fd, buffer + done, MESSAGE - done);

		CHECK(n > 0);
		done += (size_t)n;
	}
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, next = (me + 1) % threads;
	unsigned char *buffer = calloc(1, MESSAGE);

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me || i)
			transfer(pipes[me][0], buffer, 0);
		for (int k = me; k < MESSAGE; k += threads)
			buffer[k] = (unsigned char)(buffer[k] * 5 + k + i);
		if (me != threads - 1 || i != iterations - 1)
			transfer(pipes[next][1], buffer, 1);
	}
	hashes[me] = hash_bytes(HASH_START, buffer, MESSAGE);
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char expected[MESSAGE] = { 0 };

	arguments(argc, argv, 100);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(pipes[i]) == 0);
	run_threads(threads, worker);
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < MESSAGE; k++)
			expected[k] = (unsigned char)(expected[k] * 5 + k + i);
	CHECK(hashes[threads - 1] == hash_bytes(HASH_START, expected, MESSAGE));
	printf("message %016llx\n", (unsigned long long)hashes[threads - 1]);
	return 0;
}
