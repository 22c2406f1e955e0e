/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: any thread may join any other: each joins the one created before it and passes the sum of the values on. */
#include "threads.h"

static pthread_t ids[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	void *value = NULL;

	settle();
	if (me > 0)
		CHECK(pthread_join(ids[me - 1], &value) == 0);
	return (void *)((intptr_t)value + me + 1);
}

int main(int argc, char **argv)
{
	long sum = 0;

	arguments(argc, argv, 15);
	for (long i = 0; i < iterations; i++) {
		void *value;

		for (intptr_t k = 0; k < threads; k++)
			CHECK(pthread_create(&ids[k], NULL, worker, (void *)k) == 0);
		CHECK(pthread_join(ids[threads - 1], &value) == 0);
		CHECK((intptr_t)value == threads * (threads + 1) / 2);
		sum += (intptr_t)value;
	}
	printf("sum %ld\n", sum);
	return 0;
}
