/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pthread_once runs its routine once and all wait for it; cancelled within it, the next caller runs it again. */
#include "threads.h"

#define MAX_ROUNDS 200

static pthread_once_t onces[MAX_ROUNDS], cancelled;
static atomic_long calls;
static atomic_int attempts;
static volatile long built;

static void build(void)
{
	atomic_fetch_add(&calls, 1);
	usleep(300);
	built = atomic_load(&calls);
}

static void first_fails(void)
{
	if (atomic_fetch_add(&attempts, 1) == 0) {
		CHECK(pthread_cancel(pthread_self()) == 0);
		pthread_testcancel();
	}
}

static void *victim(void *arg)
{
	CHECK(pthread_once(&cancelled, first_fails) == 0);
	return arg;
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		meet();
		CHECK(pthread_once(&onces[i], build) == 0 && built == i + 1);
	}
	meet();
	CHECK(pthread_once(&cancelled, first_fails) == 0 && atomic_load(&attempts) == 2);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;
	void *value;

	arguments(argc, argv, 20);
	CHECK(iterations <= MAX_ROUNDS);
	for (int i = 0; i < MAX_ROUNDS; i++)
		onces[i] = (pthread_once_t)PTHREAD_ONCE_INIT;
	CHECK(pthread_create(&id, NULL, victim, NULL) == 0);
	CHECK(pthread_join(id, &value) == 0 && value == PTHREAD_CANCELED);
	run_workers(worker);
	printf("built %ld attempts %d\n", built, atomic_load(&attempts));
	return 0;
}
