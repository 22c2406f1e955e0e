/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: nice values and scheduling policies are the thread's: each worker keeps what it set, and reads that of the others. */
#include "identity.h"
#include <sys/resource.h>

static pid_t tids[MAX_THREADS];
static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, base;
	struct sched_param parameters = { 0 };

	tids[me] = gettid();
	settle();
	base = getpriority(PRIO_PROCESS, 0);
	CHECK(setpriority(PRIO_PROCESS, 0, 10 + me % 8) == 0);
	if (me % 2)
		CHECK(sched_setscheduler(0, SCHED_BATCH, &parameters) == 0);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < threads; k++) {
			CHECK(getpriority(PRIO_PROCESS, (id_t)tids[k]) == 10 + k % 8);
			CHECK(sched_getscheduler(tids[k]) == (k % 2 ? SCHED_BATCH : SCHED_OTHER));
			CHECK(sched_getparam(tids[k], &parameters) == 0 && parameters.sched_priority == 0);
		}
	CHECK(sched_get_priority_max(SCHED_FIFO) == 99 && base <= 19);
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("main %d\n", getpriority(PRIO_PROCESS, 0));
	return 0;
}
