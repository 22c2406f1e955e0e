/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter installed with TSYNC by one worker holds for every thread, wherever each runs. */
#include "seccomp.h"

static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	CHECK(syscall(SYS_getpriority, 0, 0) > 0);
	pthread_barrier_wait(&barrier);
	if (me == threads - 1)
		filter(SYS_getpriority, SECCOMP_RET_ERRNO | ENOTBLK, SECCOMP_FILTER_FLAG_TSYNC);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++) {
		CHECK(syscall(SYS_getpriority, 0, 0) == -1 && errno == ENOTBLK);
		CHECK(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	CHECK(syscall(SYS_getpriority, 0, 0) == -1 && errno == ENOTBLK);
	printf("asked %ld\n", threads * iterations);
	return 0;
}
