/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: timed waits for mutex, condition, semaphore and join end with ETIMEDOUT, not before their time, on either clock. */
#include "threads.h"

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static sem_t empty;

static void *holder(void *arg)
{
	CHECK(sem_wait(arg) == 0);
	return arg;
}

static void late(clockid_t clock, struct timespec until)
{
	struct timespec now = from_now(clock, 0);

	CHECK(now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
}

static void *worker(void *arg)
{
	static const clockid_t clocks[2] = { CLOCK_REALTIME, CLOCK_MONOTONIC };
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	struct timespec past = { 1, 0 }, wrong = { 1, 1000000000 };

	settle();
	for (long i = 0; i < iterations; i++)
		for (int c = 0; c < 2; c++) {
			struct timespec until = from_now(clocks[c], 3);
			pthread_t id;
			sem_t gate;

			CHECK(pthread_mutex_clocklock(&held, clocks[c], &until) == ETIMEDOUT);
			late(clocks[c], until);
			until = from_now(clocks[c], 3);
			CHECK(sem_clockwait(&empty, clocks[c], &until) == -1 && errno == ETIMEDOUT);
			late(clocks[c], until);
			until = from_now(clocks[c], 3);
			CHECK(pthread_mutex_lock(&own) == 0);
			while (pthread_cond_clockwait(&never, &own, clocks[c], &until) == 0)
				;
			late(clocks[c], until);
			CHECK(pthread_cond_timedwait(&never, &own, &past) == ETIMEDOUT);
			CHECK(pthread_cond_timedwait(&never, &own, &wrong) == EINVAL);
			CHECK(pthread_mutex_trylock(&own) == EBUSY && pthread_mutex_unlock(&own) == 0);
			CHECK(sem_init(&gate, 0, 0) == 0 && pthread_create(&id, NULL, holder, &gate) == 0);
			until = from_now(clocks[c], 3);
			CHECK(pthread_clockjoin_np(id, NULL, clocks[c], &until) == ETIMEDOUT);
			late(clocks[c], until);
			CHECK(sem_post(&gate) == 0 && pthread_join(id, NULL) == 0);
		}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	CHECK(sem_init(&empty, 0, 0) == 0 && pthread_mutex_lock(&held) == 0);
	run_workers(worker);
	printf("timeouts %ld\n", 8 * threads * iterations);
	return 0;
}
