/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a transfer that has to wait in its middle comes to its end: of a blocking call, in one piece or many, every byte. */
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "io.h"

#define BYTES 150000
#define PARTS 7
#define MESSAGES 6
#define WAYS 10

static int pipes[MAX_THREADS][2], streams[MAX_THREADS][2], datagrams[MAX_THREADS][2], files[MAX_THREADS];

/* Uneven parts which make up `bytes` bytes from `at` on, one of them empty. */
static void cut(struct iovec *parts, unsigned char *at, size_t bytes)
{
	for (size_t k = 0; k < PARTS; k++) {
		size_t length = k == PARTS - 1 ? bytes : k == 2 ? 0 : bytes / (6 - k % 4);

		parts[k] = (struct iovec){ at, length };
		at += length;
		bytes -= length;
	}
}

/* Sends `bytes` bytes bit by bit: who waits for all of them has to wait again and again. */
static void dribble(int fd, const unsigned char *from, size_t bytes)
{
	for (size_t done = 0; done < bytes; done += 15000) {
		write_all(fd, from + done, bytes - done < 15000 ? bytes - done : 15000);
		usleep(100);
	}
}

/* Takes `bytes` bytes bit by bit: who sends them has to wait for room again and again. */
static void sip(int fd, unsigned char *to, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = read(fd, to + done, bytes - done < 9000 ? bytes - done : 9000);

		CHECK(n > 0);
		done += (size_t)n;
		usleep(50);
	}
}

static void give(int pair, int way, unsigned char *buffer)
{
	struct iovec parts[PARTS];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = PARTS };
	off_t from = 0;

	cut(parts, buffer, BYTES);
	if (way == 0)
		CHECK(write(pipes[pair][1], buffer, BYTES) == BYTES);
	if (way == 1)
		CHECK(writev(pipes[pair][1], parts, PARTS) == BYTES);
	if (way == 2)
		CHECK(send(streams[pair][0], buffer, BYTES, 0) == BYTES);
	if (way == 3)
		CHECK(sendmsg(streams[pair][0], &message, MSG_NOSIGNAL) == BYTES);
	if (way == 4) {
		CHECK(pwrite(files[pair], buffer, BYTES, 0) == BYTES);
		CHECK(sendfile(streams[pair][0], files[pair], &from, BYTES) == BYTES && from == BYTES);
	}
	if (way == 5)
		CHECK(writev(streams[pair][0], parts, PARTS) == BYTES);
	if (way == 6 || way == 7)
		dribble(streams[pair][0], buffer, BYTES);
	if (way == 8)
		for (int k = 0; k < MESSAGES; k++) {
			CHECK(send(datagrams[pair][0], buffer + k * 1000, 1000, 0) == 1000);
			usleep(200);
		}
	if (way == 9) {
		int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

		memset(buffer, 1, BYTES);
		CHECK(readv(zero, parts, PARTS) == BYTES && close(zero) == 0);
		for (int k = 0; k < BYTES; k++)
			CHECK(buffer[k] == 0);
	}
}

static void take(int pair, int way, unsigned char *buffer, uint64_t seed)
{
	struct iovec parts[PARTS];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = PARTS };
	struct mmsghdr messages[MESSAGES];
	struct iovec places[MESSAGES];

	memset(buffer, 0, BYTES);
	memset(messages, 0, sizeof(messages));
	cut(parts, buffer, BYTES);
	if (way < 6)
		sip(way < 2 ? pipes[pair][0] : streams[pair][1], buffer, BYTES);
	if (way == 6)
		CHECK(recv(streams[pair][1], buffer, BYTES, MSG_WAITALL) == BYTES);
	if (way == 7)
		CHECK(recvmsg(streams[pair][1], &message, MSG_WAITALL) == BYTES);
	if (way == 8) {
		for (int k = 0; k < MESSAGES; k++) {
			places[k] = (struct iovec){ buffer + k * 1000, 1000 };
			messages[k].msg_hdr = (struct msghdr){ .msg_iov = &places[k], .msg_iovlen = 1 };
		}
		CHECK(recvmmsg(datagrams[pair][1], messages, MESSAGES, 0, NULL) == MESSAGES);
		CHECK(matches(buffer, MESSAGES * 1000, seed));
	}
	if (way == 9)
		CHECK(getrandom(buffer, BYTES, 0) == BYTES);
	if (way < 8)
		CHECK(matches(buffer, BYTES, seed));
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *buffer = malloc(BYTES);

	CHECK(buffer);
	settle();
	for (long i = 0; i < iterations; i++)
		for (int way = 0; way < WAYS; way++) {
			uint64_t seed = (uint64_t)(i * 100 + way + me / 2);

			if (me % 2 == 0) {
				pattern(buffer, BYTES, seed);
				give((int)me / 2, way, buffer);
			} else {
				take((int)me / 2, way, buffer, seed);
			}
		}
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	for (int i = 0; i < pairs(); i++) {
		char name[] = "from.";

		name[4] = (char)('0' + i);
		CHECK(pipe2(pipes[i], O_CLOEXEC) == 0);
		CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, streams[i]) == 0);
		CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagrams[i]) == 0);
		files[i] = new_file(name);
	}
	run_workers(2 * pairs(), worker);
	printf("transfers %ld\n", pairs() * iterations * WAYS);
	return 0;
}
