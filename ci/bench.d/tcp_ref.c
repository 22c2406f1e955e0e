/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_ref WHAT CPU_A CPU_B: what plain C and TCP over loopback cost between two processes, A asking and B answering,
 * each pinned to its CPU. Prints "result VALUE", ns of one round trip or MB/s.
 *
 *   ping    64 B there, 64 B back            page    64 B there, 4 KiB back
 *   write   fill and send 64 KiB, 64 B back  read    64 B there, 64 KiB back and summed
 *   stream  B sends 48 MiB in 64 KiB pieces, A sums them
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

#define BUFFER 65536
#define STREAM_BYTES (48u << 20)
#define ROUNDS 4000
#define ROUNDS_WARM 1000

static unsigned char buffer[BUFFER];
static uint64_t samples[ROUNDS];
static volatile uint64_t sink;

static _Noreturn void die(const char *why)
{
	perror(why);
	_exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void transfer(int fd, size_t bytes, int out)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = out ? send(fd, buffer + done, bytes - done, MSG_NOSIGNAL)
				: recv(fd, buffer + done, bytes - done, 0);

		if (n <= 0)
			die(out ? "send" : "recv");
		done += (size_t)n;
	}
}

static uint64_t sum(size_t bytes)
{
	uint64_t total = 0;

	for (size_t i = 0; i < bytes; i += 8)
		total += *(const uint64_t *)(buffer + i);
	return total;
}

static int connected(int *other)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (listener < 0 || fd < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("socket");
	*other = accept(listener, NULL, NULL);
	close(listener);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(*other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int main(int argc, char **argv)
{
	size_t there = 64, back = 64, rounds = ROUNDS, warm = ROUNDS_WARM;
	int a, b, stream, fill, status;
	uint64_t start;
	pid_t child;

	if (argc != 4)
		return 2;
	stream = !strcmp(argv[1], "stream");
	fill = !strcmp(argv[1], "write");
	if (!strcmp(argv[1], "page"))
		back = 4096;
	else if (!strcmp(argv[1], "read"))
		back = BUFFER;
	else if (fill)
		there = BUFFER;
	if (there + back > BUFFER) {
		rounds = ROUNDS / 8;
		warm = ROUNDS_WARM / 8;
	}
	calibrate();
	a = connected(&b);
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		pin(atoi(argv[3]));
		close(a);
		if (stream) {
			/* Twice: the first time is warm-up. */
			for (size_t i = 0; i < 2 * STREAM_BYTES; i += BUFFER)
				transfer(b, BUFFER, 1);
			_exit(0);
		}
		for (size_t i = 0; i < warm + rounds; i++) {
			transfer(b, there, 0);
			transfer(b, back, 1);
		}
		_exit(0);
	}
	pin(atoi(argv[2]));
	close(b);
	if (stream) {
		for (size_t i = 0; i < STREAM_BYTES; i += BUFFER)
			transfer(a, BUFFER, 0);
		start = __rdtsc();
		for (size_t i = 0; i < STREAM_BYTES; i += BUFFER) {
			transfer(a, BUFFER, 0);
			sink += sum(BUFFER);
		}
		printf("result %.1f\n", STREAM_BYTES / ((double)(__rdtsc() - start) / ticks_per_ns) * 1e3);
	} else {
		for (size_t i = 0; i < warm + rounds; i++) {
			start = __rdtsc();
			if (fill)
				memset(buffer, (int)i, BUFFER);
			transfer(a, there, 1);
			transfer(a, back, 0);
			if (back == BUFFER)
				sink += sum(BUFFER);
			if (i >= warm)
				samples[i - warm] = __rdtsc() - start;
		}
		printf("result %.1f\n", median_ns(samples, rounds));
	}
	if (waitpid(child, &status, 0) != child || status)
		die("the other end");
	return 0;
}
