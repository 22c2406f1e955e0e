/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the litmus tests share (names of the shapes as in Alglave, Maranget, Tautschnig, "Herding cats", 2014): a few
 * threads each make one or two accesses to the variables x, y, z, all 0 at first, and an outcome that x86-TSO (Sewell et
 * al., 2010) forbids must never be seen. Each shape runs with plain accesses, with MFENCE after each access and with
 * locked ones, the variables on pages of their own and all on one page. ITERATIONS is how often each of the six.
 */
#ifndef LITMUS_H
#define LITMUS_H

#include <sched.h>

#include "check.h"

enum order { PLAIN, FENCED, LOCKED };
enum place { APART, TOGETHER };

/* Runs of a round: each has its own instance of the variables, so that threads need to meet only once for all. */
#define SLOTS 64
#define VARIABLES 3
#define RESULTS 4
#define ROLES 4

/* One run of a shape: its variables (x, y, z), and how to access them. */
struct run {
	volatile long *v[VARIABLES];
	enum order order;
};

struct shape {
	const char *name;
	/* Threads it needs. */
	int roles;
	/* What thread `role` does; it stores what it read in its own elements of `r`. */
	void (*act)(int role, const struct run *run, volatile long *r);
	/* Whether this is forbidden: final values and all that was read. `weak`: stores may be delayed beyond later loads. */
	int (*forbidden)(const long *v, const long *r, int weak);
};

static struct page {
	volatile long words[512];
} __attribute__((aligned(4096))) variables[VARIABLES], results[ROLES][SLOTS * RESULTS / 512 + 1];

static const struct shape *shape;
static pthread_barrier_t meeting;
/* On a page of its own: threads wait for each other on it. */
static atomic_int arrived __attribute__((aligned(4096)));
static char rest[4096 - sizeof(arrived)] __attribute__((unused, aligned(64)));
static enum order now_order;
static enum place now_place;
/* Forbidden outcomes, by order and place. */
static long seen[3][2];

static inline void put(const struct run *run, int variable, long value)
{
	volatile long *at = run->v[variable];

	if (run->order == LOCKED)
		__asm__ volatile("xchgq %0, %1" : "+r"(value), "+m"(*at) : : "memory");
	else
		*at = value;
	if (run->order == FENCED)
		__asm__ volatile("mfence" : : : "memory");
}

static inline long get(const struct run *run, int variable)
{
	volatile long *at = run->v[variable];
	long value = 0;

	if (run->order == LOCKED)
		__asm__ volatile("lock xaddq %0, %1" : "+r"(value), "+m"(*at) : : "memory");
	else
		value = *at;
	if (run->order == FENCED)
		__asm__ volatile("mfence" : : : "memory");
	return value;
}

static inline volatile long *variable_of(int slot, int variable)
{
	if (now_place == APART)
		return &variables[variable].words[slot];
	return &variables[0].words[variable * SLOTS + slot];
}

static inline volatile long *result_of(int role, int slot)
{
	return &results[role][0].words[slot * RESULTS];
}

static inline void clear_variables(void)
{
	for (int slot = 0; slot < SLOTS; slot++)
		for (int i = 0; i < VARIABLES; i++)
			*variable_of(slot, i) = 0;
}

static inline void judge(void)
{
	for (int slot = 0; slot < SLOTS; slot++) {
		long v[VARIABLES], r[RESULTS] = { 0 };

		for (int i = 0; i < VARIABLES; i++)
			v[i] = *variable_of(slot, i);
		for (int role = 0; role < shape->roles; role++)
			for (int i = 0; i < RESULTS; i++)
				r[i] += result_of(role, slot)[i];
		if (!shape->forbidden(v, r, now_order == PLAIN))
			continue;
		fprintf(stderr, "%s, order %d, place %d: x %ld y %ld z %ld, read %ld %ld %ld %ld\n", shape->name,
			now_order, now_place, v[0], v[1], v[2], r[0], r[1], r[2], r[3]);
		seen[now_order][now_place]++;
	}
}

/* Waits until all threads are at this slot: without a system call, so that they go on within few cycles of each other. */
static inline void meet_at(int slot)
{
	unsigned turns = 0;

	atomic_fetch_add(&arrived, 1);
	while (atomic_load(&arrived) < (slot + 1) * shape->roles)
		if (++turns % 1000 == 0)
			sched_yield();
}

/*
 * One round: roles and who clears change from round to round. In odd rounds the threads meet at each slot, in even ones
 * they walk freely, so that pages change hands between any two accesses.
 */
static inline void round_of(int me, long number, uint64_t *state)
{
	int role = (int)((me + number) % shape->roles);
	unsigned mask = (4u << (number / 2 % 4)) - 1;

	if (role == 0) {
		clear_variables();
		atomic_store(&arrived, 0);
	}
	pthread_barrier_wait(&meeting);
	for (int slot = 0; slot < SLOTS; slot++) {
		struct run run = { .order = now_order };
		long r[RESULTS] = { 0 };

		for (int i = 0; i < VARIABLES; i++)
			run.v[i] = variable_of(slot, i);
		if (number % 2)
			meet_at(slot);
		for (unsigned wait = xorshift(state) & mask; wait; wait--)
			__asm__ volatile("pause");
		shape->act(role, &run, r);
		for (int i = 0; i < RESULTS; i++)
			result_of(role, slot)[i] = r[i];
	}
	pthread_barrier_wait(&meeting);
	if (role == shape->roles - 1)
		judge();
	pthread_barrier_wait(&meeting);
}

static inline void *litmus_worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	uint64_t state = 77 + (uint64_t)me;

	settle();
	for (int order = PLAIN; order <= LOCKED; order++)
		for (int place = APART; place <= TOGETHER; place++) {
			if (me == 0) {
				now_order = order;
				now_place = place;
			}
			pthread_barrier_wait(&meeting);
			for (long number = 0; number * SLOTS < iterations; number++)
				round_of(me, number, &state);
		}
	return NULL;
}

/* The whole program: tries the shape in its six forms and says for each whether something forbidden was seen. */
static inline int litmus(int argc, char **argv, const struct shape *which)
{
	static const char *const orders[] = { "plain", "mfence", "locked" };
	static const char *const places[] = { "own pages", "one page" };
	long wrong = 0;

	arguments(argc, argv, 4 * SLOTS);
	shape = which;
	threads = which->roles;
	CHECK(pthread_barrier_init(&meeting, NULL, (unsigned)threads) == 0);
	run_threads(threads, litmus_worker);
	for (int order = PLAIN; order <= LOCKED; order++)
		for (int place = APART; place <= TOGETHER; place++) {
			printf("%s, %s, %s: %s\n", which->name, orders[order], places[place],
			       seen[order][place] ? "forbidden outcome" : "nothing forbidden");
			wrong += seen[order][place];
		}
	return wrong != 0;
}

#endif
