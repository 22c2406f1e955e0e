/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: /proc/self/task lists the process's threads and no other, and those that have ended are gone from it. */
#include "identity.h"

static pid_t tids[MAX_THREADS];
static pthread_barrier_t barrier;

/* How many tasks there are; each must be main or a worker. */
static int tasks(int workers)
{
	DIR *directory = opendir("/proc/self/task");
	int count = 0;

	CHECK(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		pid_t tid = atoi(entry->d_name);
		int known = tid == getpid();

		if (entry->d_name[0] == '.')
			continue;
		for (int i = 0; i < workers; i++)
			known |= tid == tids[i];
		CHECK(known);
		count++;
	}
	CHECK(closedir(directory) == 0);
	return count;
}

static void *worker(void *arg)
{
	char text[16384];

	tids[(intptr_t)arg] = gettid();
	settle();
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 5; i++) {
		CHECK(tasks(threads) == threads + 1);
		read_file("/proc/self/status", text, sizeof(text));
		CHECK(field(text, "Threads") == threads + 1);
	}
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	for (long i = 0; i < iterations; i++) {
		run_threads(threads, worker);
		/* A thread can be joined a moment before it has left the list. */
		while (tasks(threads) > 1)
			usleep(200);
	}
	printf("tasks %d\n", threads + 1);
	return 0;
}
