/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: thread-local variables, errno and keys with destructors stay each thread's own wherever it runs. */
#include "check.h"

static __thread long mine = 5;
static __thread char big[12000];
static pthread_key_t key;
static atomic_long destroyed;
static long results[MAX_THREADS];

static void destructor(void *value)
{
	atomic_fetch_add(&destroyed, *(long *)value);
	free(value);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	long *own = malloc(sizeof(*own));

	CHECK(own && mine == 5);
	*own = me + 1;
	CHECK(pthread_setspecific(key, own) == 0);
	memset(big, (int)me, sizeof(big));
	settle();
	for (long i = 0; i < iterations; i++) {
		mine += me + 1;
		errno = (int)me + 100;
		if (i % 1000 == 0) {
			CHECK(getppid() > 0 && errno == (int)me + 100);
			CHECK(close(-1) == -1 && errno == EBADF);
			CHECK(pthread_getspecific(key) == own);
		}
	}
	for (size_t i = 0; i < sizeof(big); i++)
		CHECK(big[i] == (char)me);
	results[me] = mine;
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 200000);
	CHECK(pthread_key_create(&key, destructor) == 0);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++)
		CHECK(results[i] == 5 + iterations * (i + 1));
	CHECK(mine == 5 && big[0] == 0);
	CHECK(atomic_load(&destroyed) == threads * (threads + 1) / 2);
	printf("last %ld destroyed %ld\n", results[threads - 1], atomic_load(&destroyed));
	return 0;
}
