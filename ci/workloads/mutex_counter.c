/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: increments under one mutex by threads on different nodes are never lost. */
#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counter, by_parity[2];

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		by_parity[counter & 1]++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2000);
	run_threads(threads, worker);
	CHECK(counter == threads * iterations);
	CHECK(by_parity[0] + by_parity[1] == counter && by_parity[0] == counter / 2);
	printf("counter %ld\n", counter);
	return 0;
}
