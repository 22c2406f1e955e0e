/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs on threads share: workers that can meet, deadlines, memory that children share, the futex call.
 */
#ifndef THREADS_H
#define THREADS_H

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"

static pthread_barrier_t barrier;

/* Waits for all workers that `run_workers` started. */
static inline void meet(void)
{
	pthread_barrier_wait(&barrier);
}

/* Runs `body` in `threads` threads, which can `meet`, with the index as argument. */
static inline void run_workers(void *(*body)(void *))
{
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, body);
	CHECK(pthread_barrier_destroy(&barrier) == 0);
}

/* `milliseconds` from now, by this clock. */
static inline struct timespec from_now(clockid_t clock, long milliseconds)
{
	struct timespec at;

	CHECK(clock_gettime(clock, &at) == 0);
	at.tv_sec += milliseconds / 1000;
	at.tv_nsec += milliseconds % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

/* New memory, zero, that children share. */
static inline void *shared_memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

/* Waits for `child`; the status it exits with. */
static inline int status_of(pid_t child)
{
	int status;

	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The call as documented; -1 and errno on errors. `limit` is the fourth argument also where that is a number. */
static inline long futex(int *word, int operation, int value, const void *limit, int *other, int last)
{
	return syscall(SYS_futex, word, operation, value, limit, other, last);
}

static inline int word_of(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void set_word(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

#endif
