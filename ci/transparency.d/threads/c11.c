/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: C11's threads, mutexes, conditions, call_once and thread-specific storage do as the standard says. */
#include <threads.h>

#include "threads.h"

static mtx_t lock;
static cnd_t changed;
static once_flag flag = ONCE_FLAG_INIT;
static tss_t storage;
static atomic_int onces, destroyed;
static long turn;
static thread_local int own = 3;

static void once(void)
{
	atomic_fetch_add(&onces, 1);
}

static void destructor(void *value)
{
	atomic_fetch_add(&destroyed, *(int *)value);
}

static int body(void *arg)
{
	int me = *(int *)arg;

	settle();
	call_once(&flag, once);
	CHECK(atomic_load(&onces) == 1 && own == 3 && tss_get(storage) == NULL);
	own += me;
	CHECK(tss_set(storage, arg) == thrd_success);
	for (long i = 0; i < iterations; i++) {
		CHECK(mtx_lock(&lock) == thrd_success);
		while (turn % threads != me)
			CHECK(cnd_wait(&changed, &lock) == thrd_success);
		turn++;
		CHECK(cnd_broadcast(&changed) == thrd_success && mtx_unlock(&lock) == thrd_success);
		thrd_yield();
	}
	CHECK(own == 3 + me && tss_get(storage) == arg);
	if (me % 2)
		thrd_exit(100 + me);
	return 100 + me;
}

int main(int argc, char **argv)
{
	thrd_t ids[MAX_THREADS];
	int numbers[MAX_THREADS], result;
	struct timespec past = { 1, 0 };

	arguments(argc, argv, 40);
	CHECK(mtx_init(&lock, mtx_timed) == thrd_success && cnd_init(&changed) == thrd_success);
	CHECK(tss_create(&storage, destructor) == thrd_success);
	for (int i = 0; i < threads; i++) {
		numbers[i] = i;
		CHECK(thrd_create(&ids[i], body, &numbers[i]) == thrd_success);
	}
	for (int i = 0; i < threads; i++)
		CHECK(thrd_join(ids[i], &result) == thrd_success && result == 100 + i);
	CHECK(atomic_load(&destroyed) == threads * (threads - 1) / 2 && turn == threads * iterations);
	CHECK(mtx_lock(&lock) == thrd_success && mtx_trylock(&lock) == thrd_busy);
	CHECK(mtx_timedlock(&lock, &past) == thrd_timedout);
	CHECK(cnd_timedwait(&changed, &lock, &past) == thrd_timedout);
	CHECK(mtx_unlock(&lock) == thrd_success);
	printf("turns %ld\n", turn);
	return 0;
}
