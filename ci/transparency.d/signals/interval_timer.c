/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: setitimer(ITIMER_REAL) is the process's one timer: any thread sets it, reads it, and the open one gets SIGALRM. */
#include <sys/time.h>

#include "signals.h"

static volatile long alarms;
static volatile int where;

static void on_alarm(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	CHECK(info->si_code == SI_KERNEL);
	where = me;
	alarms++;
}

static void body(void)
{
	struct itimerval far = { .it_value.tv_sec = 1000 }, soon = { .it_value.tv_usec = 2000 }, old;
	uint64_t state = 3;

	if (me)
		return;
	mask(SIG_UNBLOCK, SIGALRM);
	for (long i = 1; i <= iterations; i++) {
		CHECK(setitimer(ITIMER_REAL, &far, NULL) == 0 && getitimer(ITIMER_REAL, &old) == 0);
		CHECK(old.it_value.tv_sec >= 900 && old.it_value.tv_sec <= 1000 && old.it_interval.tv_sec == 0);
		CHECK(setitimer(ITIMER_REAL, &soon, &old) == 0 && old.it_value.tv_sec >= 900);
		while (alarms < i)
			xorshift(&state);
		CHECK(where == me && getitimer(ITIMER_REAL, &old) == 0);
		CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	handle(SIGALRM, on_alarm, 0);
	mask(SIG_BLOCK, SIGALRM);
	start_workers(body);
	end_workers();
	CHECK(alarms == iterations);
	printf("alarms %ld\n", alarms);
	return 0;
}
