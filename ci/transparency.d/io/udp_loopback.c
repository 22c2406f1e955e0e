/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: UDP between threads over loopback: each datagram once, from the right address, connected or not, empty ones as well. */
#include "io.h"

static int sockets[MAX_THREADS * 2];
static struct sockaddr_in addresses[MAX_THREADS * 2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, peer = me ^ 1;
	unsigned char buffer[2000];
	int fd = sockets[me];

	settle();
	for (long i = 0; i < iterations; i++) {
		size_t length = (size_t)(i * 53 % 1500);
		struct sockaddr_in from;
		socklen_t size = sizeof(from);

		/* To and fro, so no queue ever overflows. */
		for (int turn = 0; turn < 2; turn++)
			if (turn == me % 2) {
				pattern(buffer, length, (uint64_t)(i + turn));
				CHECK(sendto(fd, buffer, length, 0, (struct sockaddr *)&addresses[peer],
					     sizeof(from)) == (ssize_t)length);
			} else {
				CHECK(recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
					       &size) == (ssize_t)length);
				CHECK(matches(buffer, length, (uint64_t)(i + turn)) && size == sizeof(from));
				CHECK(from.sin_port == addresses[peer].sin_port &&
				      from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
			}
	}
	CHECK(connect(fd, (struct sockaddr *)&addresses[peer], sizeof(addresses[peer])) == 0);
	/* Not before both are connected: what came from elsewhere before is kept. */
	meet();
	CHECK(send(fd, &me, sizeof(me), 0) == sizeof(me) && recv(fd, buffer, sizeof(buffer), 0) == sizeof(me));
	CHECK(memcmp(buffer, &peer, sizeof(peer)) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 40);
	for (int i = 0; i < 2 * pairs(); i++) {
		socklen_t length = sizeof(addresses[i]);

		sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		addresses[i].sin_family = AF_INET;
		addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		CHECK(bind(sockets[i], (struct sockaddr *)&addresses[i], length) == 0);
		CHECK(getsockname(sockets[i], (struct sockaddr *)&addresses[i], &length) == 0);
	}
	run_workers(2 * pairs(), worker);
	printf("datagrams %ld\n", 2 * pairs() * (iterations + 1));
	return 0;
}
