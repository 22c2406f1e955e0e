/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what getrusage counts for process and thread never shrinks, and a thread's share is no more than the whole. */
#include "identity.h"
#include <sys/resource.h>

static long microseconds(struct timeval time)
{
	return time.tv_sec * 1000000 + time.tv_usec;
}

static void *worker(void *arg)
{
	struct rusage last = { 0 }, thread, process;
	uint64_t state = 3;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(getrusage(RUSAGE_THREAD, &thread) == 0 && getrusage(RUSAGE_SELF, &process) == 0);
		CHECK(microseconds(thread.ru_utime) >= microseconds(last.ru_utime));
		CHECK(microseconds(thread.ru_stime) >= microseconds(last.ru_stime));
		CHECK(thread.ru_minflt >= last.ru_minflt && thread.ru_nvcsw >= last.ru_nvcsw);
		CHECK(thread.ru_minflt <= process.ru_minflt && thread.ru_nvcsw <= process.ru_nvcsw);
		CHECK(process.ru_maxrss > 0 && process.ru_maxrss < 1 << 22 && process.ru_nswap == 0);
		last = thread;
		for (int k = 0; k < 1000; k++)
			xorshift(&state);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	run_threads(threads, worker);
	printf("read %ld\n", threads * iterations);
	return 0;
}
