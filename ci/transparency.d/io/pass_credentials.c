/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the credentials that come with a message, and SO_PEERCRED, are the process's own whichever thread sent, or its child's. */
#include "io.h"

static int ends[MAX_THREADS][2];

static struct ucred received(int fd, char wanted)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control = { 0 };
	struct ucred from;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;

	CHECK(recvmsg(fd, &message, 0) == 1 && byte == wanted);
	header = CMSG_FIRSTHDR(&message);
	CHECK(header && header->cmsg_type == SCM_CREDENTIALS && header->cmsg_len == CMSG_LEN(sizeof(from)));
	memcpy(&from, CMSG_DATA(header), sizeof(from));
	CHECK(from.uid == getuid() && from.gid == getgid());
	return from;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct ucred peer;
	socklen_t length = sizeof(peer);

	settle();
	CHECK(getsockopt(ends[me / 2][me % 2], SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0);
	CHECK(peer.pid == getpid() && peer.uid == getuid() && peer.gid == getgid());
	for (long i = 0; i < iterations; i++) {
		if (me % 2) {
			struct ucred from = received(ends[me / 2][1], 'm');
			pid_t child;

			CHECK(from.pid == getpid());
			from = received(ends[me / 2][1], 'c');
			read_all(ends[me / 2][1], &child, sizeof(child));
			CHECK(from.pid == child && child != getpid());
		} else {
			pid_t child;

			CHECK(send(ends[me / 2][0], "m", 1, 0) == 1);
			child = fork();
			if (child == 0) {
				CHECK(send(ends[me / 2][0], "c", 1, 0) == 1);
				_exit(2);
			}
			CHECK(status_of(child) == 2);
			write_all(ends[me / 2][0], &child, sizeof(child));
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int on = 1;

	arguments(argc, argv, 6);
	for (int i = 0; i < pairs(); i++) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends[i]) == 0);
		CHECK(setsockopt(ends[i][1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	}
	run_workers(2 * pairs(), worker);
	printf("messages %ld\n", 2 * pairs() * iterations);
	return 0;
}
