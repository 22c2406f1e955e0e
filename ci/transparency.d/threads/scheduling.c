/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: nice value, policy, timer slack and no_new_privs are each thread's own, inherited by those it creates. */
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "threads.h"

static void *child(void *arg)
{
	int me = (int)(intptr_t)arg;

	CHECK(getpriority(PRIO_PROCESS, 0) == getpriority(PRIO_PROCESS, (id_t)gettid()));
	CHECK(sched_getscheduler(0) == (me % 2 ? SCHED_BATCH : SCHED_OTHER));
	CHECK(prctl(PR_GET_TIMERSLACK) == 70000 + me && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == me % 2);
	return (void *)(intptr_t)getpriority(PRIO_PROCESS, 0);
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, before;
	struct sched_param none = { 0 };

	settle();
	errno = 0;
	before = getpriority(PRIO_PROCESS, 0);
	CHECK(errno == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	/* Upwards is anybody's right; 19 is the end. */
	CHECK(setpriority(PRIO_PROCESS, (id_t)gettid(), before + me % 3) == 0);
	CHECK(sched_setscheduler(0, me % 2 ? SCHED_BATCH : SCHED_OTHER, &none) == 0);
	CHECK(prctl(PR_SET_TIMERSLACK, 70000 + me) == 0);
	if (me % 2)
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	meet();
	for (long i = 0; i < iterations; i++) {
		int wanted = before + me % 3 > 19 ? 19 : before + me % 3, now = getpriority(PRIO_PROCESS, 0);
		pthread_t id;
		void *value;

		CHECK(now == wanted && sched_getscheduler(0) == (me % 2 ? SCHED_BATCH : SCHED_OTHER));
		CHECK(pthread_create(&id, NULL, child, arg) == 0 && pthread_join(id, &value) == 0);
		CHECK((int)(intptr_t)value == now);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	run_workers(worker);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && sched_getscheduler(0) == SCHED_OTHER);
	printf("threads %ld\n", threads * iterations);
	return 0;
}
