/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child forked while threads compute elsewhere sees exactly the memory of that moment, and the parent keeps its own. */
#include <sys/wait.h>

#include "check.h"

#define WORDS 100000

static uint64_t words[WORDS], ticks[MAX_THREADS * 512];
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int stop, ready;
static long generation;

/* Rewrites all words with one generation under the lock, computing with a page of its own between. */
static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t *own = &ticks[me * 512];

	settle();
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		for (int i = 0; i < 100000; i++)
			own[i % 512]++;
		pthread_rwlock_wrlock(&lock);
		generation++;
		for (int i = 0; i < WORDS; i++)
			words[i] = (uint64_t)(generation * WORDS + i);
		pthread_rwlock_unlock(&lock);
		usleep(1000);
	}
	return NULL;
}

static int verify(void)
{
	for (int i = 0; i < WORDS; i++)
		if (words[i] != (uint64_t)(generation * WORDS + i))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];
	int good = 0;

	arguments(argc, argv, 8);
	for (int i = 0; i < WORDS; i++)
		words[i] = (uint64_t)i;
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
	while (atomic_load(&ready) < threads)
		usleep(1000);
	for (long n = 0; n < iterations; n++) {
		int status;
		pid_t child;

		pthread_rwlock_rdlock(&lock);
		child = fork();
		if (child == 0) {
			if (verify())
				_exit(1);
			for (int i = 0; i < WORDS; i++)
				words[i] = 0;
			_exit(42);
		}
		CHECK(child > 0 && verify() == 0);
		pthread_rwlock_unlock(&lock);
		CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
		CHECK(WEXITSTATUS(status) == 42);
		good++;
		usleep(3000);
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	CHECK(verify() == 0);
	printf("children %d\n", good);
	return 0;
}
