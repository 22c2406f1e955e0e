/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: half closed, refused and reset TCP connections: what read, write, poll and SO_ERROR say to a moved thread. */
#include <signal.h>

#include "io.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char buffer[16];

	settle();
	for (long i = 0; i < iterations; i++) {
		struct linger at_once = { 1, 0 };
		struct sockaddr_in address;
		int ends[2], fd, error;
		socklen_t length = sizeof(error);

		/* Half closed: one way ends, the other goes on. */
		tcp_pair(ends);
		CHECK(write(ends[0], "last", 4) == 4 && shutdown(ends[0], SHUT_WR) == 0);
		read_all(ends[1], buffer, 4);
		CHECK(read(ends[1], buffer, 1) == 0 && write(ends[1], "reply", 5) == 5);
		read_all(ends[0], buffer, 5);
		CHECK(memcmp(buffer, "reply", 5) == 0 && ERROR_OF(send(ends[0], "x", 1, MSG_NOSIGNAL)) == EPIPE);
		CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);

		/* Reset: bytes in flight are lost, and the other end is told. */
		tcp_pair(ends);
		CHECK(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0 &&
		      close(ends[0]) == 0);
		CHECK(polled(ends[1], POLLIN, -1) & POLLERR);
		CHECK(ERROR_OF(read(ends[1], buffer, 1)) == ECONNRESET && read(ends[1], buffer, 1) == 0);
		CHECK(ERROR_OF(send(ends[1], "x", 1, MSG_NOSIGNAL)) == EPIPE && close(ends[1]) == 0);

		/* Refused: a port that is bound and does not listen. */
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		memset(&address, 0, sizeof(address));
		address.sin_family = AF_INET;
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
		length = sizeof(address);
		CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
		ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(ERROR_OF(connect(ends[0], (struct sockaddr *)&address, sizeof(address))) == ECONNREFUSED);
		ends[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		error = connect(ends[1], (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
		if (error == EINPROGRESS) {
			CHECK(polled(ends[1], POLLOUT, -1) & POLLERR);
			length = sizeof(error);
			CHECK(getsockopt(ends[1], SOL_SOCKET, SO_ERROR, &error, &length) == 0);
		}
		CHECK(error == ECONNREFUSED && close(ends[0]) == 0 && close(ends[1]) == 0 && close(fd) == 0);
	}
	return (void *)me;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
