/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what every thread wrote before a barrier is what every other thread reads after it, phase after phase. */
#include "check.h"

static pthread_barrier_t barrier;
static uint64_t cells[2][MAX_THREADS];
static atomic_long serial;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long phase = 0; phase < iterations; phase++) {
		uint64_t *from = cells[phase & 1], *to = cells[~phase & 1], sum = 0;

		for (int i = 0; i < threads; i++)
			sum += from[i] * (uint64_t)(i + 1);
		to[me] = sum + (uint64_t)me;
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			atomic_fetch_add(&serial, 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t expected[2][MAX_THREADS] = { 0 };

	arguments(argc, argv, 200);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	for (int i = 0; i < threads; i++)
		cells[0][i] = expected[0][i] = (uint64_t)i * 7 + 1;
	run_threads(threads, worker);
	for (long phase = 0; phase < iterations; phase++)
		for (int me = 0; me < threads; me++) {
			uint64_t sum = 0;

			for (int i = 0; i < threads; i++)
				sum += expected[phase & 1][i] * (uint64_t)(i + 1);
			expected[~phase & 1][me] = sum + (uint64_t)me;
		}
	for (int i = 0; i < threads; i++)
		CHECK(cells[iterations & 1][i] == expected[iterations & 1][i]);
	CHECK(atomic_load(&serial) == iterations);
	printf("phases %ld cell %016llx\n", iterations, (unsigned long long)cells[iterations & 1][0]);
	return 0;
}
