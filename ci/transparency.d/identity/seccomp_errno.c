/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter that a worker installs fails one of its system calls with the error it names, and none of the other threads'. */
#include "seccomp.h"

static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	if (me & 2)
		filter(SYS_getpriority, SECCOMP_RET_ERRNO | EXDEV, 0);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++) {
		long got = syscall(SYS_getpriority, 0, 0);

		if (me & 2)
			CHECK(got == -1 && errno == EXDEV);
		else
			CHECK(got > 0);
		CHECK(syscall(SYS_getpid) == getpid());
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("asked %ld\n", threads * iterations);
	return 0;
}
