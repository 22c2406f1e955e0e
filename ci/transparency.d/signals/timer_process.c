/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a periodic POSIX timer signals the process until it is stopped, overruns counted, and never after. */
#include "signals.h"

static void body(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 + me };
	struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } }, off = { 0 };
	sigset_t set = set_of(SIGRTMIN + 1 + me, 0);
	struct timespec nothing = { 0, 0 };
	siginfo_t info;
	timer_t timer;
	long ticks = 0;
	double start = seconds();

	event.sigev_value = value_of(40 + me);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &often, NULL) == 0);
	while (ticks < iterations) {
		CHECK(sigwaitinfo(&set, &info) == SIGRTMIN + 1 + me && info.si_code == SI_TIMER);
		CHECK(info.si_value.sival_int == 40 + me && info.si_overrun >= 0);
		ticks += 1 + info.si_overrun;
	}
	CHECK(seconds() - start >= 0.001 * (double)iterations);
	CHECK(timer_settime(timer, 0, &off, NULL) == 0);
	/* One may have been sent before it was stopped. */
	(void)sigtimedwait(&set, &info, &nothing);
	usleep(3000);
	CHECK(!is_pending(SIGRTMIN + 1 + me) && timer_delete(timer) == 0);
	CHECK(timer_settime(timer, 0, &often, NULL) == -1 && errno == EINVAL);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	CHECK(threads <= 16);
	for (int i = 0; i < threads; i++)
		mask(SIG_BLOCK, SIGRTMIN + 1 + i);
	start_workers(body);
	end_workers();
	printf("timers %d\n", threads);
	return 0;
}
