/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: while a thread executes programs that are not there, one after the other, others make threads and processes, and end. */
#include "processes.h"

static atomic_int made, working;

static void *child(void *arg)
{
	atomic_fetch_add(&made, 1);
	return arg;
}

/* EAGAIN comes while another thread is in the middle of its execve. */
static void make_thread(void)
{
	pthread_t id;
	int error;

	do
		error = pthread_create(&id, NULL, child, NULL);
	while (error == EAGAIN);
	CHECK(error == 0 && pthread_join(id, NULL) == 0);
}

static void make_process(void)
{
	pid_t pid;

	do
		pid = fork();
	while (pid < 0 && errno == EAGAIN);
	if (pid == 0)
		_exit(3);
	expect_exit(pid, 3);
}

static void *maker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		make_thread();
		make_process();
	}
	atomic_fetch_sub(&working, 1);
	return arg;
}

static void *executor(void *arg)
{
	static char *const words[] = { "x", NULL };

	while (atomic_load(&working) > 0)
		CHECK(execv("/nonexistent", words) == -1 && errno == ENOENT);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;

	arguments(argc, argv, 2);
	working = threads;
	CHECK(pthread_create(&id, NULL, executor, NULL) == 0);
	run_threads(threads, maker);
	CHECK(pthread_join(id, NULL) == 0);
	printf("made %d of %ld\n", atomic_load(&made), threads * iterations);
	return 0;
}
