/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs on descriptors share: a barrier of all workers, whole transfers, bytes that tell every message
 * apart, and connections over the loopback device.
 */
#ifndef IO_H
#define IO_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"

static pthread_barrier_t barrier;

/* Waits for all workers that `run_workers` started. */
static inline void meet(void)
{
	pthread_barrier_wait(&barrier);
}

/* Runs `body` in `count` threads which can `meet`. */
static inline void run_workers(int count, void *(*body)(void *))
{
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)count) == 0);
	run_threads(count, body);
}

/* Programs whose workers work two by two (2k with 2k + 1) run this many pairs. */
static inline int pairs(void)
{
	return (threads + 1) / 2;
}

/* Writes or reads exactly `bytes` bytes, in as many calls as it takes. */
static inline void write_all(int fd, const void *from, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = write(fd, (const char *)from + done, bytes - done);

		CHECK(n > 0);
		done += (size_t)n;
	}
}

static inline void read_all(int fd, void *to, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = read(fd, (char *)to + done, bytes - done);

		CHECK(n > 0);
		done += (size_t)n;
	}
}

/* Fills `bytes` bytes with what belongs to `seed`; `matches` tells if all are there. */
static inline void pattern(void *to, size_t bytes, uint64_t seed)
{
	unsigned char *at = to;

	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)((seed * 167 + i * 13 + (i >> 8) * 7 + 1) >> (i & 1));
}

static inline int matches(const void *from, size_t bytes, uint64_t seed)
{
	const unsigned char *at = from;

	for (size_t i = 0; i < bytes; i++)
		if (at[i] != (unsigned char)((seed * 167 + i * 13 + (i >> 8) * 7 + 1) >> (i & 1)))
			return 0;
	return 1;
}

/* The error of a call that must fail. */
#define ERROR_OF(call)                     \
	({                                 \
		long answer_;              \
                                           \
		errno = 0;                 \
		answer_ = (long)(call);    \
		CHECK(answer_ == -1);      \
		errno;                     \
	})

/* An empty file `name` (its previous contents gone), open for reading and writing. */
static inline int new_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	return fd;
}

/* FNV-1a of the whole file. */
static inline uint64_t hash_file(int fd)
{
	uint64_t hash = HASH_START;
	unsigned char part[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, part, sizeof(part), at)) > 0) {
		hash = hash_bytes(hash, part, (size_t)n);
		at += n;
	}
	CHECK(n == 0);
	return hash;
}

/* What poll says of `fd` for `events`, after at most `ms` milliseconds (-1: until there is something). */
static inline int polled(int fd, short events, int ms)
{
	struct pollfd one = { fd, events, 0 };
	int count = poll(&one, 1, ms);

	CHECK(count >= 0);
	return count ? one.revents : 0;
}

static inline void nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK(flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
}

/* A listening TCP socket on a free port of the loopback device; `address` says which. */
static inline int tcp_listener(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)address, sizeof(*address)) == 0 && listen(fd, 64) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)address, &length) == 0);
	return fd;
}

/* Two ends of one TCP connection, without the delay of small messages. */
static inline void tcp_pair(int ends[2])
{
	struct sockaddr_in address;
	int listener = tcp_listener(&address), on = 1;

	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(ends[0] >= 0 && connect(ends[0], (struct sockaddr *)&address, sizeof(address)) == 0);
	ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(ends[1] >= 0 && close(listener) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
}

/* Waits for `child`, which must exit by itself; its status. */
static inline int status_of(pid_t child)
{
	int status;

	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
