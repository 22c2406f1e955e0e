/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the robust mutexes of a worker under a filter of its own pass to others when it ends. */
#include "own_filter.h"

#define MUTEXES 20

/* Each in a page of its own, which another thread writes to. */
static struct {
	_Alignas(4096) pthread_mutex_t mutex;
	atomic_ulong touched;
} held[MAX_THREADS][MUTEXES];
static atomic_int ended;

static void *owner(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ALLOW_NEEDED, ANSWER(SECCOMP_RET_KILL_PROCESS) };
	int me = (int)(intptr_t)arg;

	INSTALL(filter, 0);
	for (int i = 0; i < MUTEXES; i++) {
		CHECK(pthread_mutex_lock(&held[me][i].mutex) == 0);
		compute();
	}
	pthread_exit(NULL);
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	pthread_t child;

	travel();
	CHECK(pthread_create(&child, NULL, owner, arg) == 0);
	for (int i = 0; i < 300; i++)
		for (int k = 0; k < MUTEXES; k++) {
			atomic_fetch_add(&held[me][k].touched, 1);
			for (volatile int wait = 0; wait < 1000; wait++)
				;
		}
	CHECK(pthread_join(child, NULL) == 0);
	for (int i = 0; i < MUTEXES; i++) {
		CHECK(pthread_mutex_lock(&held[me][i].mutex) == EOWNERDEAD);
		CHECK(pthread_mutex_consistent(&held[me][i].mutex) == 0);
		CHECK(pthread_mutex_unlock(&held[me][i].mutex) == 0);
	}
	atomic_fetch_add(&ended, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attributes;

	arguments(argc, argv, 1);
	prepare_ends();
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	for (int i = 0; i < threads; i++)
		for (int k = 0; k < MUTEXES; k++)
			CHECK(pthread_mutex_init(&held[i][k].mutex, &attributes) == 0);
	run_threads(threads, worker);
	printf("%d\n", atomic_load(&ended));
	return 0;
}
