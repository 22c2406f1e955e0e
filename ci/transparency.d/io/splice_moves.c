/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: splice moves bytes file to pipe to socket to file, with and without offsets, and tells the end as read does. */
#include "io.h"

#define BYTES 40000

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[BYTES];
	char name[32], other[32];
	int ends[2], sockets[2], from, to;

	snprintf(name, sizeof(name), "from-%d", (int)me);
	snprintf(other, sizeof(other), "to-%d", (int)me);
	from = new_file(name);
	to = new_file(other);
	CHECK(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[0], F_SETPIPE_SZ, 1 << 18) == 1 << 18);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		off_t at = 0, out = 5;

		pattern(buffer, BYTES, (uint64_t)(i + me));
		CHECK(pwrite(from, buffer, BYTES, 0) == BYTES);
		while (at < BYTES) {
			off_t before = at;
			ssize_t n = splice(from, &at, ends[1], NULL, BYTES - (size_t)at, 0);

			CHECK(n > 0 && at == before + n);
			for (ssize_t left = n; left > 0;) {
				/* Through the socket, in parts that it has room for. */
				ssize_t part = splice(ends[0], NULL, sockets[0], NULL,
						      left < 8000 ? (size_t)left : 8000, 0);

				CHECK(part > 0);
				/* Round to the end of the same pipe, which is far larger than what is in it. */
				for (ssize_t more = part; more > 0;) {
					ssize_t got = splice(sockets[1], NULL, ends[1], NULL, (size_t)more, 0);

					CHECK(got > 0);
					more -= got;
				}
				left -= part;
			}
			for (ssize_t left = n; left > 0;) {
				ssize_t part = splice(ends[0], NULL, to, &out, (size_t)left, 0);

				CHECK(part > 0);
				left -= part;
			}
		}
		CHECK(out == 5 + BYTES && lseek(to, 0, SEEK_CUR) == 0 && splice(from, &at, ends[1], NULL, 10, 0) == 0);
		memset(buffer, 0, BYTES);
		CHECK(pread(to, buffer, BYTES, 5) == BYTES && matches(buffer, BYTES, (uint64_t)(i + me)));
		CHECK(ERROR_OF(splice(from, &at, to, &out, 10, 0)) == EINVAL);
		CHECK(ERROR_OF(splice(ends[0], &at, to, &out, 10, 0)) == ESPIPE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	run_workers(threads, worker);
	printf("bytes %ld\n", threads * iterations * BYTES);
	return 0;
}
