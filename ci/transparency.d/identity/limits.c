/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: limits are the process's: every worker reads the same, one worker's change binds all, and beyond it calls fail as they must. */
#include "identity.h"
#include <sys/resource.h>

static struct rlimit expected[RLIM_NLIMITS];
static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	struct rlimit got, less;

	settle();
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		CHECK(getrlimit(i, &got) == 0 && memcmp(&got, &expected[i], sizeof(got)) == 0);
		CHECK(prlimit(getpid(), i, NULL, &got) == 0 && memcmp(&got, &expected[i], sizeof(got)) == 0);
	}
	for (long i = 0; i < iterations; i++) {
		less = expected[RLIMIT_NOFILE];
		less.rlim_cur = 3;
		pthread_barrier_wait(&barrier);
		if (me == i % threads)
			CHECK(setrlimit(RLIMIT_NOFILE, &less) == 0);
		pthread_barrier_wait(&barrier);
		CHECK(getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == 3);
		CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC) == -1 && errno == EMFILE);
		CHECK(fcntl(0, F_DUPFD_CLOEXEC, 3) == -1 && errno == EINVAL);
		pthread_barrier_wait(&barrier);
		if (me == (i + 1) % threads)
			CHECK(prlimit(0, RLIMIT_NOFILE, &expected[RLIMIT_NOFILE], &got) == 0 && got.rlim_cur == 3);
		pthread_barrier_wait(&barrier);
		CHECK(getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == expected[RLIMIT_NOFILE].rlim_cur);
	}
	CHECK(getrlimit((int)RLIM_NLIMITS + 5, &got) == -1 && errno == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	/* A limit of three counts from the lowest descriptor: what was inherited beyond it must go. */
	for (int fd = 3; fd < 100; fd++)
		close(fd);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		CHECK(getrlimit(i, &expected[i]) == 0);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		printf("limit %d: %ld %ld\n", i, (long)expected[i].rlim_cur, (long)expected[i].rlim_max);
	return 0;
}
