/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sendmmsg and recvmmsg carry several messages a call, each with its parts, length and order. */
#include "io.h"

#define BATCH 8

static int ends[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = ends[me / 2][me % 2];
	unsigned char first[BATCH][40], second[BATCH][300];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH][2];

	settle();
	for (long i = 0; i < iterations; i++) {
		int done = 0;

		memset(messages, 0, sizeof(messages));
		for (int k = 0; k < BATCH; k++) {
			parts[k][0] = (struct iovec){ first[k], sizeof(first[k]) };
			parts[k][1] = (struct iovec){ second[k], me % 2 ? sizeof(second[k]) : (size_t)(k * 37) };
			messages[k].msg_hdr.msg_iov = parts[k];
			messages[k].msg_hdr.msg_iovlen = 2;
			if (me % 2 == 0) {
				pattern(first[k], sizeof(first[k]), (uint64_t)(i + k));
				pattern(second[k], sizeof(second[k]), (uint64_t)(i * 3 + k));
			}
		}
		while (done < BATCH) {
			int n = me % 2 ? recvmmsg(fd, messages + done, (unsigned)(BATCH - done), MSG_WAITFORONE, NULL)
				       : sendmmsg(fd, messages + done, (unsigned)(BATCH - done), 0);

			CHECK(n > 0);
			done += n;
		}
		for (int k = 0; k < BATCH; k++) {
			CHECK(messages[k].msg_len == sizeof(first[k]) + (unsigned)k * 37);
			CHECK(matches(first[k], sizeof(first[k]), (uint64_t)(i + k)));
			CHECK(matches(second[k], (size_t)k * 37, (uint64_t)(i * 3 + k)));
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	for (int i = 0; i < pairs(); i++)
		CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends[i]) == 0);
	run_workers(2 * pairs(), worker);
	printf("messages %ld\n", pairs() * iterations * BATCH);
	return 0;
}
