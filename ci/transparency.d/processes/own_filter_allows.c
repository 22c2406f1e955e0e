/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker whose own filter allows some calls, and answers the others with an error, makes, is refused, locks and ends. */
#include "own_filter.h"

static pthread_mutex_t inheriting;
static long counted;

static void *worker(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ALLOW_NEEDED, ANSWER(SECCOMP_RET_ERRNO | EXDEV) };

	travel();
	INSTALL(filter, 0);
	for (long i = 0; i < iterations; i++) {
		compute();
		CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
		CHECK(syscall(NO_CALL, 0) == -1 && errno == EXDEV);
		CHECK(syscall(SYS_gettid) > 0);
		CHECK(pthread_mutex_lock(&inheriting) == 0);
		counted++;
		compute();
		CHECK(pthread_mutex_unlock(&inheriting) == 0);
	}
	pthread_exit(arg);
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attributes;

	arguments(argc, argv, 8);
	prepare_ends();
	CHECK(syscall(NO_CALL, 0) == -1 && errno == ENOSYS);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&inheriting, &attributes);
	run_threads(threads, worker);
	CHECK(counted == threads * iterations);
	CHECK(syscall(SYS_getppid) >= 0);
	printf("%ld\n", counted);
	return 0;
}
