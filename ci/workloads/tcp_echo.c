/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sockets work from moved threads: accept, connect, send, recvmsg with scattered buffers, addresses, shutdown. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "check.h"

#define MESSAGE 6000

static int listener;
static struct sockaddr_in address;

/* Without it Nagle's algorithm and delayed acknowledgements would wait for each other, 40 ms a message. */
static void no_delay(int fd)
{
	int on = 1;

	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	unsigned char first[1000], second[8000];
	ssize_t got;

	for (;;) {
		struct iovec parts[2] = { { first, sizeof(first) }, { second, sizeof(second) } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
		ssize_t head;

		got = recvmsg(fd, &message, 0);
		CHECK(got >= 0);
		if (got == 0)
			break;
		head = got < (ssize_t)sizeof(first) ? got : (ssize_t)sizeof(first);
		CHECK(send(fd, first, (size_t)head, MSG_NOSIGNAL) == head);
		if (got > head)
			CHECK(send(fd, second, (size_t)(got - head), MSG_NOSIGNAL) == got - head);
	}
	close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	pthread_t ids[MAX_THREADS];

	(void)arg;
	settle();
	for (int i = 0; i < threads; i++) {
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		int fd = accept4(listener, (struct sockaddr *)&from, &length, SOCK_CLOEXEC);

		no_delay(fd);
		CHECK(length == sizeof(from) && from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
		CHECK(pthread_create(&ids[i], NULL, serve, (void *)(intptr_t)fd) == 0);
	}
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	return NULL;
}

static void *client(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned char out[MESSAGE], in[MESSAGE];
	uint64_t state = 4711 + (uint64_t)(intptr_t)arg;

	settle();
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	no_delay(fd);
	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < MESSAGE; k++)
			out[k] = (unsigned char)xorshift(&state);
		CHECK(sendto(fd, out, MESSAGE, MSG_NOSIGNAL, NULL, 0) == MESSAGE);
		for (size_t done = 0; done < MESSAGE;) {
			ssize_t n = recvfrom(fd, in + done, MESSAGE - done, 0, NULL, NULL);

			CHECK(n > 0);
			done += (size_t)n;
		}
		CHECK(memcmp(in, out, MESSAGE) == 0);
	}
	CHECK(shutdown(fd, SHUT_WR) == 0 && recv(fd, in, 1, 0) == 0);
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	socklen_t length = sizeof(address);
	pthread_t acceptor;

	arguments(argc, argv, 50);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listener, 64) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0 && length == sizeof(address));
	CHECK(pthread_create(&acceptor, NULL, accept_all, NULL) == 0);
	run_threads(threads, client);
	CHECK(pthread_join(acceptor, NULL) == 0);
	printf("echoed %ld\n", threads * iterations * MESSAGE);
	return 0;
}
