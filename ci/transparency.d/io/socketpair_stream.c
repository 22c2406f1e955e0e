/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a stream socket pair carries bytes both ways at once between two threads, in order and without borders. */
#include "io.h"

#define BYTES 50000

static int ends[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = ends[me / 2][me % 2];
	unsigned char out[BYTES], in[BYTES];

	settle();
	for (long i = 0; i < iterations; i++) {
		size_t sent = 0, got = 0;

		pattern(out, BYTES, (uint64_t)(i * 10 + me % 2));
		/* Both send all before either has read all, so each must take in while it cannot send. */
		while (sent < BYTES || got < BYTES) {
			int ready = polled(fd, (short)(POLLIN | (sent < BYTES ? POLLOUT : 0)), -1);

			if ((ready & POLLIN) && got < BYTES) {
				ssize_t n = recv(fd, in + got, BYTES - got < 3001 ? BYTES - got : 3001, MSG_DONTWAIT);

				CHECK(n > 0);
				got += (size_t)n;
			}
			if ((ready & POLLOUT) && sent < BYTES) {
				ssize_t n = send(fd, out + sent, BYTES - sent < 7000 ? BYTES - sent : 7000,
						 MSG_DONTWAIT);

				CHECK(n > 0 || (n < 0 && errno == EAGAIN));
				sent += n > 0 ? (size_t)n : 0;
			}
		}
		CHECK(matches(in, BYTES, (uint64_t)(i * 10 + 1 - me % 2)));
	}
	CHECK(shutdown(fd, SHUT_WR) == 0 && read(fd, in, 1) == 0 && close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	for (int i = 0; i < pairs(); i++)
		CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends[i]) == 0);
	run_workers(2 * pairs(), worker);
	printf("bytes %ld\n", 2 * pairs() * iterations * BYTES);
	return 0;
}
