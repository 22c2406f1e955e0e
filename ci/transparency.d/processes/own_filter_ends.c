/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker that its own filter ends (SECCOMP_RET_KILL_THREAD) is joined, and so is one that it made. */
#include "own_filter.h"

static void *late(void *arg)
{
	settle();
	syscall(SYS_getppid);
	CHECK(0);
	return arg;
}

static void *victim(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ON(SYS_getppid, SECCOMP_RET_KILL_THREAD),
						     ANSWER(SECCOMP_RET_ALLOW) };
	pthread_t made;

	settle();
	INSTALL(filter, 0);
	CHECK(pthread_create(&made, NULL, late, NULL) == 0);
	CHECK(pthread_join(made, NULL) == 0);
	compute();
	syscall(SYS_getppid);
	CHECK(0);
	return arg;
}

static void *worker(void *arg)
{
	for (long i = 0; i < iterations; i++) {
		pthread_t id;

		CHECK(pthread_create(&id, NULL, victim, NULL) == 0);
		settle();
		CHECK(pthread_join(id, NULL) == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	puts("joined all");
	return 0;
}
