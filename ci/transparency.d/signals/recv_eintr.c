/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: recv ends with EINTR without SA_RESTART; with a receive timeout set also with it, and EAGAIN when that is over. */
#include <sys/socket.h>

#include "signals.h"

static int plain[2], timed[2];

static void body(void)
{
	char byte;

	for (long i = 0; i < iterations; i++) {
		CHECK(recv(timed[0], &byte, 1, 0) == -1 && errno == EINTR);
		CHECK(recv(plain[0], &byte, 1, 0) == -1 && errno == EINTR);
	}
}

static void timeout_body(void)
{
	char byte;

	CHECK(recv(timed[0], &byte, 1, 0) == -1 && errno == EINTR);
}

int main(int argc, char **argv)
{
	struct timeval limit = { 3600, 0 };
	char byte;

	arguments(argc, argv, 3);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, plain) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, timed) == 0);
	CHECK(setsockopt(timed[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	interrupt_workers(0, body);
	interrupt_workers(SA_RESTART, timeout_body);
	limit = (struct timeval){ 0, 10000 };
	CHECK(setsockopt(timed[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	CHECK(recv(timed[0], &byte, 1, 0) == -1 && errno == EAGAIN);
	printf("interrupted %ld\n", (2 * iterations + 1) * threads);
	return 0;
}
