/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: workers go on after main's pthread_exit, and the process ends with status 0 when the last one does. */
#include "threads.h"

static pthread_t main_id;

static void *worker(void *arg)
{
	static atomic_int left;
	uint64_t state = 3;

	settle();
	if (arg == NULL)
		CHECK(pthread_join(main_id, NULL) == 0);
	for (long i = 0; i < iterations * 1000; i++)
		xorshift(&state);
	if (atomic_fetch_add(&left, 1) == threads - 1)
		printf("the last of %d\n", threads);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t id;

	arguments(argc, argv, 100);
	main_id = pthread_self();
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, worker, (void *)i) == 0);
	pthread_exit((void *)5);
}
