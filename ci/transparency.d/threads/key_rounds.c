/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: destructors that set their key again are called again, four rounds at most; deleted keys are not destroyed. */
#include "threads.h"

static pthread_key_t again, gone;
static atomic_long rounds, wrong;

static void again_destructor(void *value)
{
	atomic_fetch_add(&rounds, 1);
	CHECK(pthread_getspecific(again) == NULL && pthread_setspecific(again, value) == 0);
}

static void gone_destructor(void *value)
{
	(void)value;
	atomic_fetch_add(&wrong, 1);
}

static void *child(void *arg)
{
	CHECK(pthread_getspecific(again) == NULL && pthread_setspecific(again, &again) == 0);
	return arg;
}

static void *worker(void *arg)
{
	settle();
	CHECK(pthread_setspecific(gone, arg) == 0);
	meet();
	if (arg == NULL)
		CHECK(pthread_key_delete(gone) == 0);
	meet();
	for (long i = 0; i < iterations; i++) {
		pthread_t id;

		CHECK(pthread_create(&id, NULL, child, NULL) == 0 && pthread_join(id, NULL) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	CHECK(pthread_key_create(&again, again_destructor) == 0 && pthread_key_create(&gone, gone_destructor) == 0);
	run_workers(worker);
	CHECK(atomic_load(&rounds) == threads * iterations * PTHREAD_DESTRUCTOR_ITERATIONS);
	CHECK(atomic_load(&wrong) == 0);
	printf("rounds %ld\n", atomic_load(&rounds));
	return 0;
}
