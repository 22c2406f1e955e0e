/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the workloads share: arguments, a check that ends the program, a checksum, a way to start threads, and time
 * for a thread to be moved in. Every workload prints the same at each run, whatever the scheduling, and exits 0 only
 * if its own checks hold. Usage of each: NAME [THREADS [ITERATIONS]].
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* _exit, since a failing thread must not wait for locks that other threads hold in exit handlers. */
#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: does not hold: %s (errno %d)\n", __FILE__, __LINE__, #condition, \
				errno);                                                                      \
			_exit(1);                                                                            \
		}                                                                                            \
	} while (0)

#define MAX_THREADS 64

static int threads = 4;
static long iterations;

/*
 * Reads THREADS and ITERATIONS from the command line; otherwise 4 and `default_iterations`, of which the environment's
 * EFFORT (0 to 1, default 1) may ask for a part where machines are slow.
 */
static inline void arguments(int argc, char **argv, long default_iterations)
{
	const char *effort = getenv("EFFORT");

	iterations = default_iterations;
	if (effort)
		iterations = 1 + (long)((double)(default_iterations - 1) * atof(effort));
	if (argc > 1)
		threads = atoi(argv[1]);
	if (argc > 2)
		iterations = atol(argv[2]);
	CHECK(threads >= 1 && threads <= MAX_THREADS && iterations >= 1);
}

/* A step of xorshift64 (Marsaglia 2003); the state must not be 0. */
static inline uint64_t xorshift(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* FNV-1a, 64 bits, continued from `hash`; start with HASH_START. */
#define HASH_START 0xcbf29ce484222325ull
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
	const unsigned char *at = (const unsigned char *)bytes;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ at[i]) * 0x100000001b3ull;
	return hash;
}

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The same by a system call: without the vDSO, for which a thread may have to go home. */
static inline double seconds_called(void)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * Computes for SETTLE_MS milliseconds (environment; default 0), touching nothing shared, so that a thread has been
 * moved before it comes to what the program is about, and is not on its way; and, for twenty times that at most, until
 * the file HITOTSU_CI_DEPARTED tells that a thread of the program has been on another node.
 */
static inline void settle(void)
{
	const char *text = getenv("SETTLE_MS"), *mark = getenv("HITOTSU_CI_DEPARTED");
	double wait = text ? atof(text) / 1e3 : 0, begun = seconds_called();
	volatile uint64_t state = 88172645463325252ull;

	while (seconds_called() < begun + wait ||
	       (mark && access(mark, F_OK) && errno == ENOENT && seconds_called() < begun + 20 * wait))
		for (int i = 0; i < 10000; i++) {
			uint64_t next = state;

			state = xorshift(&next);
		}
}

/* Runs `body` in `count` threads, with the index 0, 1, … as argument, and waits for all. */
static inline void run_threads(int count, void *(*body)(void *))
{
	pthread_t ids[MAX_THREADS];

	for (intptr_t i = 0; i < count; i++)
		CHECK(pthread_create(&ids[i], NULL, body, (void *)i) == 0);
	for (int i = 0; i < count; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
}

#endif
