/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sendfile from a file to a socket, pipe or file moves the bytes asked for, and the offset it is given or the file's own. */
#include <sys/sendfile.h>

#include "io.h"

#define BYTES 20000

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[BYTES];
	char name[32], other[32];
	int sockets[2], from, to;

	snprintf(name, sizeof(name), "from-%d", (int)me);
	snprintf(other, sizeof(other), "to-%d", (int)me);
	from = new_file(name);
	to = new_file(other);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		off_t at = 100;

		pattern(buffer, BYTES, (uint64_t)(i + me));
		CHECK(pwrite(from, buffer, BYTES, 0) == BYTES && lseek(from, 0, SEEK_SET) == 0 &&
		      lseek(to, 0, SEEK_SET) == 0);
		CHECK(sendfile(sockets[0], from, &at, 5000) == 5000 && at == 5100 && lseek(from, 0, SEEK_CUR) == 0);
		memset(buffer, 0, BYTES);
		read_all(sockets[1], buffer + 100, 5000);
		CHECK(sendfile(to, from, NULL, 2 * BYTES) == BYTES && lseek(from, 0, SEEK_CUR) == BYTES);
		CHECK(lseek(to, 0, SEEK_CUR) == BYTES && pread(to, buffer, 100, 0) == 100);
		CHECK(pread(to, buffer + 5100, BYTES - 5100, 5100) == BYTES - 5100);
		CHECK(matches(buffer, BYTES, (uint64_t)(i + me)) && sendfile(to, from, NULL, 10) == 0);
		CHECK(ERROR_OF(sendfile(to, sockets[0], NULL, 10)) == EINVAL || errno == ESPIPE);
		CHECK(ERROR_OF(sendfile(to, 999, NULL, 10)) == EBADF);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("bytes %ld\n", threads * iterations * (BYTES + 5000));
	return 0;
}
