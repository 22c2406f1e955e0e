/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sendmsg and recvmsg over TCP gather and scatter 60 parts in pages of their own, and MSG_MORE joins what is sent. */
#include <sys/uio.h>

#include "io.h"

#define PARTS 60

static int ends[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = ends[me / 2][me % 2];
	unsigned char *area = mmap(NULL, PARTS * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec parts[PARTS];
	size_t total = 0;

	CHECK((void *)area != MAP_FAILED);
	for (int k = 0; k < PARTS; k++) {
		parts[k] = (struct iovec){ area + k * 4096 + k, 10 + (size_t)k * 3 };
		total += parts[k].iov_len;
	}
	settle();
	for (long i = 0; i < iterations; i++) {
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = PARTS };
		char tail[3];

		if (me % 2 == 0) {
			for (int k = 0; k < PARTS; k++)
				pattern(parts[k].iov_base, parts[k].iov_len, (uint64_t)(i + k));
			CHECK(sendmsg(fd, &message, MSG_MORE) == (ssize_t)total && send(fd, "end", 3, 0) == 3);
			continue;
		}
		memset(area, 0, PARTS * 4096);
		CHECK(recvmsg(fd, &message, MSG_WAITALL) == (ssize_t)total && message.msg_controllen == 0);
		for (int k = 0; k < PARTS; k++)
			CHECK(matches(parts[k].iov_base, parts[k].iov_len, (uint64_t)(i + k)));
		CHECK(recv(fd, tail, 3, MSG_WAITALL) == 3 && memcmp(tail, "end", 3) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	for (int i = 0; i < pairs(); i++)
		tcp_pair(ends[i]);
	run_workers(2 * pairs(), worker);
	printf("parts %ld\n", pairs() * iterations * PARTS);
	return 0;
}
