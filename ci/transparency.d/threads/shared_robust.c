/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child that dies as the owner of a shared robust mutex leaves EOWNERDEAD to a waiting worker of its parent. */
#include "threads.h"

static pthread_mutex_t *locks;

static void *worker(void *arg)
{
	pthread_mutex_t *lock = &locks[(intptr_t)arg];

	settle();
	for (long i = 0; i < iterations; i++) {
		int ends[2];
		pid_t child;
		char byte;

		CHECK(pipe2(ends, O_CLOEXEC) == 0);
		child = fork();
		if (child == 0) {
			CHECK(pthread_mutex_lock(lock) == 0 && write(ends[1], "x", 1) == 1);
			usleep(500 * (unsigned)(i % 3));
			if (i % 2)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		CHECK(child > 0 && read(ends[0], &byte, 1) == 1);
		CHECK(pthread_mutex_lock(lock) == EOWNERDEAD && pthread_mutex_consistent(lock) == 0);
		CHECK(pthread_mutex_unlock(lock) == 0 && waitpid(child, NULL, 0) == child);
		close(ends[0]);
		close(ends[1]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 6);
	locks = shared_memory(sizeof(*locks) * (size_t)threads);
	CHECK(pthread_mutexattr_init(&attr) == 0 && pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	CHECK(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_mutex_init(&locks[i], &attr) == 0);
	run_workers(worker);
	printf("deaths %ld\n", threads * iterations);
	return 0;
}
