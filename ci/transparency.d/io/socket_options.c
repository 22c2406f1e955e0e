/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: socket options that a thread sets are what every other thread reads, with their lengths; unknown ones are refused. */
#include "io.h"

static int tcp, local[2];

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	CHECK(getsockopt(fd, level, name, &value, &length) == 0 && length == sizeof(value));
	return value;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		struct timeval limit = { 5 + i, 500000 }, got;
		socklen_t length = sizeof(got);
		unsigned char part;

		if (me == i % threads) {
			int on = (int)(i % 2), seconds_idle = (int)(30 + i), mark = 4 * (int)(1 + i % 7);

			CHECK(setsockopt(tcp, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0);
			CHECK(setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
			CHECK(setsockopt(tcp, IPPROTO_TCP, TCP_KEEPIDLE, &seconds_idle, sizeof(int)) == 0);
			CHECK(setsockopt(tcp, IPPROTO_IP, IP_TOS, &mark, sizeof(mark)) == 0);
			CHECK(setsockopt(local[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
		}
		meet();
		CHECK(option(tcp, SOL_SOCKET, SO_KEEPALIVE) == i % 2 && option(tcp, SOL_SOCKET, SO_REUSEADDR) == i % 2);
		CHECK(option(tcp, IPPROTO_TCP, TCP_KEEPIDLE) == 30 + i &&
		      option(tcp, IPPROTO_IP, IP_TOS) == 4 * (1 + i % 7));
		CHECK(getsockopt(local[0], SOL_SOCKET, SO_RCVTIMEO, &got, &length) == 0 && length == sizeof(got));
		CHECK(got.tv_sec == limit.tv_sec && got.tv_usec == limit.tv_usec);
		CHECK(option(tcp, SOL_SOCKET, SO_TYPE) == SOCK_STREAM && option(tcp, SOL_SOCKET, SO_DOMAIN) == AF_INET);
		CHECK(option(local[1], SOL_SOCKET, SO_DOMAIN) == AF_UNIX &&
		      option(tcp, SOL_SOCKET, SO_ACCEPTCONN) == 0);
		/* Only as many bytes as there is room for. */
		length = 1;
		CHECK(getsockopt(tcp, IPPROTO_TCP, TCP_KEEPIDLE, &part, &length) == 0 && length == 1 && part == 30 + i);
		length = sizeof(got);
		CHECK(ERROR_OF(getsockopt(tcp, SOL_SOCKET, 9999, &got, &length)) == ENOPROTOOPT);
		CHECK(ERROR_OF(setsockopt(0, SOL_SOCKET, SO_KEEPALIVE, &part, 1)) == ENOTSOCK);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(tcp >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, local) == 0);
	/* Descriptor 0 is not a socket, whatever the program was started with. */
	CHECK(dup2(open("/dev/null", O_RDONLY), 0) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
