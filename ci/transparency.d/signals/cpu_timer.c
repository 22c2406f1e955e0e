/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a timer of processor time (ITIMER_VIRTUAL) comes while a worker computes, wherever it does. */
#include <sys/time.h>

#include "signals.h"

static volatile long alarms;

static void on_alarm(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	CHECK(number == SIGVTALRM);
	alarms++;
}

static void body(void)
{
	struct itimerval soon = { .it_value.tv_usec = 4000 };
	uint64_t state = 3;

	if (me)
		return;
	for (long i = 1; i <= iterations; i++) {
		CHECK(setitimer(ITIMER_VIRTUAL, &soon, NULL) == 0);
		while (alarms < i)
			xorshift(&state);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	handle(SIGVTALRM, on_alarm, 0);
	start_workers(body);
	end_workers();
	CHECK(alarms == iterations);
	printf("alarms %ld\n", alarms);
	return 0;
}
