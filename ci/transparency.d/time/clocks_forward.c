/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: each clock of the system, read again and again by one thread, never runs backwards. */
#include "time.h"

static void *worker(void *arg)
{
	long last[STEADY] = { 0 };

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < STEADY; k++) {
			long time = now(steady[k]);

			CHECK(time >= last[k]);
			last[k] = time;
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 300);
	run_threads(threads, worker);
	printf("clocks %d\n", STEADY);
	return 0;
}
