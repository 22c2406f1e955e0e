/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: main's return ends the process with its status while workers compute, wait and call. */
/* Ends: 5 */
#include "threads.h"

static atomic_int ready;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t state = 3;

	settle();
	atomic_fetch_add(&ready, 1);
	for (;;)
		if (me % 3 == 0)
			xorshift(&state);
		else if (me % 3 == 1)
			pause();
		else
			(void)getppid();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t id;

	arguments(argc, argv, 1);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, worker, (void *)i) == 0);
	while (atomic_load(&ready) < threads)
		usleep(100);
	printf("main returns\n");
	return 5;
}
