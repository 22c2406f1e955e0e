/* SPDX-License-Identifier: Apache-2.0 */
/* For programs of which many threads call exit at about the same moment, when they are told. */
#ifndef EXITS_H
#define EXITS_H

#include "signals.h"

static atomic_int ready, now;

/* The end of such a thread, which has this index. */
static inline void exit_when_told(intptr_t index)
{
	uint64_t state = 11 + (uint64_t)index;

	settle();
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&now))
		;
	for (uint64_t i = xorshift(&state) % 20000; i > 0; i--)
		xorshift(&state);
	/* Not by the library, which would block all signals first. */
	syscall(SYS_exit, 0);
}

/* Runs `body` in `threads` threads, with the index as argument, and tells them when all are ready. */
static inline void start_exits(void *(*body)(void *))
{
	atomic_store(&ready, 0);
	atomic_store(&now, 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, body, (void *)i) == 0);
	while (atomic_load(&ready) < threads)
		usleep(1000);
	atomic_store(&now, 1);
}

static inline void join_exits(void)
{
	for (long i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
}

#endif
