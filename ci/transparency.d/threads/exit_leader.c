/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: when threads end one by one with the bare exit call, the process's status is the last one's (Linux 6.0), not main's. */
/* Ends: 4 */
#include "threads.h"

static atomic_int left;
static pthread_t main_id;

static void *worker(void *arg)
{
	uint64_t state = 3;

	settle();
	/* So main is not the last. */
	if (arg == NULL)
		CHECK(pthread_join(main_id, NULL) == 0);
	for (long i = 0; i < iterations * 1000; i++)
		xorshift(&state);
	if (atomic_fetch_add(&left, 1) == threads - 1)
		CHECK(write(1, "the last worker\n", 16) == 16);
	syscall(SYS_exit, 4);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;

	arguments(argc, argv, 100);
	main_id = pthread_self();
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, worker, (void *)i) == 0);
	syscall(SYS_exit, 3);
	return 1;
}
