/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: timers that fire once do so once and not early, for relative and absolute times; disarmed ones never; each has its own. */
#include "time.h"

static void *worker(void *arg)
{
	struct itimerspec once = { 0 }, old;
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN };
	struct timespec none = { 0 };
	sigset_t set;
	siginfo_t info;
	timer_t timers[3];

	(void)arg;
	event._sigev_un._tid = gettid();
	settle();
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	for (int k = 0; k < 3; k++) {
		event.sigev_value.sival_int = k;
		CHECK(timer_create(k == 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &event, &timers[k]) == 0);
	}
	for (long i = 0; i < iterations; i++) {
		long relative = now(CLOCK_MONOTONIC) + 2 * MILLISECOND, absolute = now(CLOCK_REALTIME) + 3 * MILLISECOND;
		int seen = 0;

		once.it_value = timespec_of(2 * MILLISECOND);
		CHECK(timer_settime(timers[0], 0, &once, NULL) == 0);
		once.it_value = timespec_of(absolute);
		CHECK(timer_settime(timers[1], TIMER_ABSTIME, &once, NULL) == 0);
		once.it_value = timespec_of(100 * SECOND);
		CHECK(timer_settime(timers[2], 0, &once, NULL) == 0);
		while (seen != 3) {
			CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_overrun == 0);
			CHECK(info.si_value.sival_int < 2 && !(seen & 1 << info.si_value.sival_int));
			seen |= 1 << info.si_value.sival_int;
			if (info.si_value.sival_int)
				CHECK(now(CLOCK_REALTIME) >= absolute);
			else
				CHECK(now(CLOCK_MONOTONIC) >= relative);
		}
		once.it_value = none;
		CHECK(timer_settime(timers[2], 0, &once, &old) == 0 && old.it_value.tv_sec >= 1);
		CHECK(timer_gettime(timers[0], &old) == 0 && nanoseconds(&old.it_value) == 0);
		CHECK(sigtimedwait(&set, &info, &none) == -1 && errno == EAGAIN);
	}
	for (int k = 0; k < 3; k++)
		CHECK(timer_delete(timers[k]) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	run_threads(threads, worker);
	printf("fired %ld\n", 2 * threads * iterations);
	return 0;
}
