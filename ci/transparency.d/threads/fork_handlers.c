/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pthread_atfork's handlers run in the forking worker, in order, and the child has that one thread only. */
#include <dirent.h>

#include "threads.h"

static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread char trail[8];
static __thread int length;
static long state[2];

static void prepare_one(void)
{
	trail[length++] = 'p';
	CHECK(pthread_mutex_lock(&state_lock) == 0);
}

static void parent_one(void)
{
	trail[length++] = 'r';
	CHECK(pthread_mutex_unlock(&state_lock) == 0);
}

static void child_one(void)
{
	trail[length++] = 'c';
	CHECK(pthread_mutex_unlock(&state_lock) == 0);
}

static void prepare_two(void)
{
	trail[length++] = 'P';
}

static void parent_two(void)
{
	trail[length++] = 'R';
}

static void child_two(void)
{
	trail[length++] = 'C';
}

static void check_child(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	CHECK(tasks && strcmp(trail, "PpcC") == 0 && gettid() == getpid());
	while ((entry = readdir(tasks)))
		count += entry->d_name[0] != '.';
	/* Forked under the lock: the two are equal. */
	CHECK(count == 1 && state[0] == state[1] && pthread_mutex_lock(&state_lock) == 0);
	_exit(0);
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		pid_t child;

		for (int k = 0; k < 20; k++) {
			CHECK(pthread_mutex_lock(&state_lock) == 0);
			state[0]++;
			state[1]++;
			CHECK(pthread_mutex_unlock(&state_lock) == 0);
		}
		memset(trail, 0, sizeof(trail));
		length = 0;
		child = fork();
		if (child == 0)
			check_child();
		CHECK(strcmp(trail, "PprR") == 0 && status_of(child) == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	CHECK(pthread_atfork(prepare_one, parent_one, child_one) == 0);
	CHECK(pthread_atfork(prepare_two, parent_two, child_two) == 0);
	run_workers(worker);
	printf("forks %ld\n", threads * iterations);
	return 0;
}
