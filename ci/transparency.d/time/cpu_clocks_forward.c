/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: CPU clocks of the thread, of another thread and of the process never run backwards, nor do times and clock. */
#include "time.h"

static clockid_t of_main;

static void *worker(void *arg)
{
	clockid_t clocks[] = { CLOCK_THREAD_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID, of_main, 0 };
	long last[4] = { 0 };
	struct tms sums, before = { 0 };
	clock_t elapsed = 0, used = 0;
	uint64_t state = 9;

	(void)arg;
	CHECK(pthread_getcpuclockid(pthread_self(), &clocks[3]) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		clock_t time, total;

		for (int k = 0; k < 4; k++) {
			long cpu = now(clocks[k]);

			CHECK(cpu >= last[k]);
			last[k] = cpu;
		}
		time = times(&sums);
		CHECK(time >= elapsed && sums.tms_utime >= before.tms_utime && sums.tms_stime >= before.tms_stime);
		elapsed = time;
		before = sums;
		total = clock();
		CHECK(total >= used);
		used = total;
		for (int k = 0; k < 1000; k++)
			xorshift(&state);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	CHECK(pthread_getcpuclockid(pthread_self(), &of_main) == 0);
	run_threads(threads, worker);
	printf("read %ld\n", threads * iterations);
	return 0;
}
