/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a timer that fires again and again is told of by signals and their overruns: together as often as its interval has passed. */
#include "time.h"

#define INTERVAL MILLISECOND

static void *worker(void *arg)
{
	struct itimerspec every = { { 0, INTERVAL }, { 0, INTERVAL } }, left;
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN };
	sigset_t set;
	siginfo_t info;
	timer_t timer;
	long armed, set_by, fired = 0;

	event.sigev_value.sival_int = (int)(intptr_t)arg + 11;
	event._sigev_un._tid = gettid();
	settle();
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	armed = now(CLOCK_MONOTONIC);
	CHECK(timer_settime(timer, 0, &every, NULL) == 0);
	set_by = now(CLOCK_MONOTONIC);
	for (long i = 0; i < iterations; i++) {
		long asked = now(CLOCK_MONOTONIC), told;

		CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_code == SI_TIMER);
		CHECK(info.si_value.sival_int == event.sigev_value.sival_int && info.si_overrun >= 0);
		fired += 1 + info.si_overrun;
		told = now(CLOCK_MONOTONIC);
		CHECK(fired <= (told - armed) / INTERVAL && fired >= (asked - set_by) / INTERVAL);
		if (i % 4 == 0)
			usleep(3000);
	}
	CHECK(timer_gettime(timer, &left) == 0 && nanoseconds(&left.it_interval) == INTERVAL);
	CHECK(nanoseconds(&left.it_value) > 0 && nanoseconds(&left.it_value) <= INTERVAL);
	CHECK(timer_delete(timer) == 0 && timer_gettime(timer, &left) == -1 && errno == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	run_threads(threads, worker);
	printf("told %ld\n", threads * iterations);
	return 0;
}
