/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: exit values, pthread_exit from deep inside, detached threads and waves of short-lived threads. */
#include <semaphore.h>

#include "check.h"

static sem_t detached_done;
static atomic_long work;

/* Always 0; so that the compiler does not foresee where the recursion ends. */
static volatile int never;

static void leave(int depth, uintptr_t value)
{
	volatile char frame[100] = { 0 };

	if (never)
		return;
	if (depth)
		leave(depth - 1, value + (uintptr_t)frame[depth]);
	pthread_exit((void *)value);
}

static void *leaver(void *arg)
{
	if ((intptr_t)arg == 0)
		settle();
	leave(20, (uintptr_t)arg * 3 + 1);
	return NULL;
}

static void *detached(void *arg)
{
	(void)arg;
	atomic_fetch_add(&work, 1);
	sem_post(&detached_done);
	return NULL;
}

int main(int argc, char **argv)
{
	uintptr_t sum = 0;
	pthread_attr_t attr;

	arguments(argc, argv, 8);
	sem_init(&detached_done, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (long wave = 0; wave < iterations; wave++) {
		pthread_t ids[MAX_THREADS], ignored;

		for (intptr_t i = 0; i < threads; i++) {
			CHECK(pthread_create(&ids[i], NULL, leaver, (void *)i) == 0);
			CHECK(pthread_create(&ignored, &attr, detached, NULL) == 0);
		}
		for (int i = 0; i < threads; i++) {
			void *value;

			CHECK(pthread_join(ids[i], &value) == 0 && (uintptr_t)value == (uintptr_t)i * 3 + 1);
			sum += (uintptr_t)value;
		}
		for (int i = 0; i < threads; i++)
			while (sem_wait(&detached_done))
				CHECK(errno == EINTR);
	}
	CHECK(atomic_load(&work) == threads * iterations);
	printf("sum %lu detached %ld\n", (unsigned long)sum, atomic_load(&work));
	return 0;
}
