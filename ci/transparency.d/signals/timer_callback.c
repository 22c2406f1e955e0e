/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a timer with SIGEV_THREAD calls its function in a thread made for it, with its value. */
#include "signals.h"

static atomic_long called[MAX_THREADS];

static void on_timer(union sigval value)
{
	CHECK(me == -1 && gettid() != getpid());
	atomic_fetch_add(&called[value.sival_int], 1);
}

static void body(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer };
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	timer_t timer;

	event.sigev_value = value_of(me);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	for (long i = 1; i <= iterations; i++) {
		CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
		while (atomic_load(&called[me]) < i)
			usleep(100);
	}
	CHECK(timer_delete(timer) == 0 && atomic_load(&called[me]) == iterations);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	start_workers(body);
	end_workers();
	printf("called %ld\n", threads * iterations);
	return 0;
}
