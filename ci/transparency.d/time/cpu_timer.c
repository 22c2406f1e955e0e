/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a virtual interval timer fires while only a worker computes, and its signal is handled. */
#include "time.h"

static atomic_long fired;
static atomic_int busy;

static void on_signal(int number)
{
	(void)number;
	atomic_fetch_add(&fired, 1);
}

static void *worker(void *arg)
{
	uint64_t state = 9;
	long until;

	settle();
	if (arg)
		return NULL;
	until = now(CLOCK_MONOTONIC) + 20 * SECOND;
	while (atomic_load(&fired) < iterations) {
		CHECK(now(CLOCK_MONOTONIC) < until);
		for (int k = 0; k < 100000; k++)
			xorshift(&state);
	}
	atomic_store(&busy, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	struct itimerval every = { { 0, 4000 }, { 0, 4000 } }, off = { 0 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	CHECK(sigaction(SIGVTALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_VIRTUAL, &every, NULL) == 0);
	run_threads(threads, worker);
	CHECK(setitimer(ITIMER_VIRTUAL, &off, NULL) == 0);
	printf("fired %d\n", atomic_load(&busy));
	return 0;
}
