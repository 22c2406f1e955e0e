/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a timer with SIGEV_THREAD_ID runs its handler in the very thread it names, with its value, each time it is armed. */
#include "signals.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static __thread volatile long fired;

static void on_timer(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	CHECK(info->si_code == SI_TIMER && info->si_value.sival_int == 500 + me && info->si_overrun == 0);
	fired++;
}

static void body(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 }, left;
	uint64_t state = 3;
	timer_t timer;

	event.sigev_value = value_of(500 + me);
	event.sigev_notify_thread_id = gettid();
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	for (long i = 1; i <= iterations; i++) {
		CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
		while (fired < i)
			xorshift(&state);
		CHECK(fired == i && timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec == 0);
	}
	CHECK(timer_delete(timer) == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	handle(SIGRTMIN + 1, on_timer, 0);
	start_workers(body);
	end_workers();
	printf("fired %ld\n", threads * iterations);
	return 0;
}
