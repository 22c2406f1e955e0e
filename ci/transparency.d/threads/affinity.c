/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread's affinity is what it or another set, is inherited by threads it creates, and nonsense is EINVAL. */
#include <sched.h>

#include "threads.h"

static cpu_set_t all;
static int processors[CPU_SETSIZE], count;

static void *child(void *arg)
{
	cpu_set_t now;

	CHECK(sched_getaffinity(0, sizeof(now), &now) == 0 && CPU_EQUAL(&now, (cpu_set_t *)arg));
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	cpu_set_t one, now, none;

	settle();
	CHECK(sched_getaffinity(0, sizeof(now), &now) == 0 && CPU_EQUAL(&now, &all));
	CPU_ZERO(&none);
	for (long i = 0; i < iterations; i++) {
		pthread_t id;

		CPU_ZERO(&one);
		CPU_SET(processors[(me + i) % count], &one);
		CHECK(pthread_setaffinity_np(pthread_self(), sizeof(one), &one) == 0);
		CHECK(pthread_getaffinity_np(pthread_self(), sizeof(now), &now) == 0 && CPU_EQUAL(&now, &one));
		CHECK(sched_getaffinity(gettid(), sizeof(now), &now) == 0 && CPU_EQUAL(&now, &one));
		CHECK(pthread_create(&id, NULL, child, &one) == 0 && pthread_join(id, NULL) == 0);
		CHECK(sched_setaffinity(0, sizeof(none), &none) == -1 && errno == EINVAL);
		CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
		CHECK(sched_getaffinity(0, sizeof(now), &now) == 0 && CPU_EQUAL(&now, &all));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all))
			processors[count++] = i;
	run_workers(worker);
	printf("sets %ld\n", threads * iterations);
	return 0;
}
