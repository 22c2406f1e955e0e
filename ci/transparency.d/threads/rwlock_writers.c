/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a lock that prefers writers lets a waiting writer in although readers keep coming. */
#include "threads.h"

static pthread_rwlock_t lock;
static atomic_int written;
static long value[16];

static void *reader(void *arg)
{
	settle();
	/* Without the preference, readers that overlap could keep the writer out for ever. */
	while (!atomic_load(&written)) {
		CHECK(pthread_rwlock_rdlock(&lock) == 0);
		for (int i = 1; i < 16; i++)
			CHECK(value[i] == value[0]);
		usleep(100);
		CHECK(pthread_rwlock_unlock(&lock) == 0);
	}
	return arg;
}

static void *writer(void *arg)
{
	settle();
	for (long n = 1; n <= iterations; n++) {
		CHECK(pthread_rwlock_wrlock(&lock) == 0);
		for (int i = 0; i < 16; i++)
			value[i] = n;
		CHECK(pthread_rwlock_unlock(&lock) == 0);
	}
	atomic_store(&written, 1);
	return arg;
}

static void *worker(void *arg)
{
	return arg ? reader(arg) : writer(arg);
}

int main(int argc, char **argv)
{
	pthread_rwlockattr_t attr;

	arguments(argc, argv, 20);
	CHECK(pthread_rwlockattr_init(&attr) == 0);
	CHECK(pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
	CHECK(pthread_rwlock_init(&lock, &attr) == 0);
	run_workers(worker);
	CHECK(value[0] == iterations && value[15] == iterations);
	printf("written %ld\n", value[0]);
	return 0;
}
