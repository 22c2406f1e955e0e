/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: datagrams and sequenced packets between threads keep their borders, lengths and order, and tell when they were cut. */
#include "io.h"

static int ends[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = ends[me / 2][me % 2];
	unsigned char buffer[3000];

	settle();
	for (long i = 0; i < iterations; i++) {
		size_t length = 1 + (size_t)(i * 97 % 2900);

		if (me % 2 == 0) {
			pattern(buffer, length, (uint64_t)i);
			CHECK(send(fd, buffer, length, 0) == (ssize_t)length);
		} else if (i % 3 == 0) {
			/* Too little room: MSG_TRUNC asks for the real length, and the rest is gone. */
			CHECK(recv(fd, buffer, length / 2 + 1, MSG_TRUNC) == (ssize_t)length);
			CHECK(matches(buffer, length / 2 + 1, (uint64_t)i));
		} else {
			struct iovec part = { buffer, sizeof(buffer) };
			struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

			CHECK(recv(fd, buffer, 1, MSG_PEEK) == 1 && matches(buffer, 1, (uint64_t)i));
			CHECK(recvmsg(fd, &message, 0) == (ssize_t)length && !(message.msg_flags & MSG_TRUNC));
			CHECK(matches(buffer, length, (uint64_t)i));
		}
	}
	if (me % 2 == 0)
		CHECK(send(fd, "", 0, 0) == 0 && close(fd) == 0);
	else
		CHECK(recv(fd, buffer, 10, 0) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	for (int i = 0; i < pairs(); i++)
		CHECK(socketpair(AF_UNIX, (i % 2 ? SOCK_DGRAM : SOCK_SEQPACKET) | SOCK_CLOEXEC, 0, ends[i]) == 0);
	run_workers(2 * pairs(), worker);
	printf("messages %ld\n", pairs() * (iterations + 1));
	return 0;
}
