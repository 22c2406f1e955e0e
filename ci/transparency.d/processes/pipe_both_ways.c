/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: bytes go from a worker to its child and back through pipes, more than these hold, whole and in order. */
#include "processes.h"

#define BYTES 300000

static uint64_t sums[MAX_THREADS];

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	static unsigned char buffers[MAX_THREADS][4096];
	unsigned char *buffer = buffers[me];

	settle();
	for (long round = 0; round < iterations; round++) {
		int down[2], up[2];
		long sent = 0, got = 0;
		uint64_t hash = HASH_START;
		pid_t child;

		open_pipe(down);
		open_pipe(up);
		child = fork();
		if (child == 0) {
			ssize_t count;

			/* A child holds the ends of its brothers too; it counts what it takes, and waits for no end of file. */
			for (long left = BYTES; left; left -= count) {
				count = read(down[0], buffer, (size_t)(left < 4096 ? left : 4096));
				CHECK(count > 0);
				for (int i = 0; i < count; i++)
					buffer[i] ^= 0x5a;
				CHECK(write(up[1], buffer, (size_t)count) == count);
			}
			_exit(0);
		}
		CHECK(fcntl(down[1], F_SETFL, O_NONBLOCK) == 0);
		while (got < BYTES) {
			ssize_t count;

			for (int i = 0; i < 1000 && sent + i < BYTES; i++)
				buffer[i] = (unsigned char)((sent + i) * 7 + me);
			count = sent < BYTES ? write(down[1], buffer, (size_t)(BYTES - sent < 1000 ? BYTES - sent : 1000)) : 0;
			if (count < 0)
				CHECK(errno == EAGAIN);
			else
				sent += count;
			if (sent < BYTES && count > 0)
				continue;
			count = read(up[0], buffer, 4096);
			CHECK(count > 0);
			for (int i = 0; i < count; i++)
				CHECK((buffer[i] ^ 0x5a) == (unsigned char)((got + i) * 7 + me));
			hash = hash_bytes(hash, buffer, (size_t)count);
			got += count;
		}
		expect_exit(child, 0);
		close_both(down);
		close_both(up);
		sums[me] = hash;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++)
		printf("%016lx\n", sums[i]);
	return 0;
}
