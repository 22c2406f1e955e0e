/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: cleanup handlers run last first, at pthread_exit, cancel and pop, then the destructors of keys, then the join. */
#include "threads.h"

static pthread_key_t key;
static __thread char trail[16];
static __thread int length;
static char results[MAX_THREADS][16];

static void note(void *arg)
{
	trail[length++] = (char)(intptr_t)arg;
}

static void destructor(void *value)
{
	note((void *)(intptr_t)'k');
	memcpy(value, trail, sizeof(trail));
}

static void inner(int how)
{
	pthread_cleanup_push(note, (void *)(intptr_t)'c');
	pthread_cleanup_push(note, (void *)(intptr_t)'d');
	if (how == 1)
		pthread_exit(NULL);
	if (how == 2) {
		CHECK(pthread_cancel(pthread_self()) == 0);
		pthread_testcancel();
	}
	pthread_cleanup_pop(1);
	pthread_cleanup_pop(0);
}

static void *victim(void *arg)
{
	intptr_t code = (intptr_t)arg;

	CHECK(pthread_setspecific(key, results[code / 3]) == 0);
	pthread_cleanup_push(note, (void *)(intptr_t)'a');
	pthread_cleanup_push(note, (void *)(intptr_t)'b');
	inner((int)(code % 3));
	pthread_cleanup_pop(1);
	pthread_cleanup_pop(1);
	return NULL;
}

static void *worker(void *arg)
{
	static const char *const expected[] = { "dbak", "dcbak", "dcbak" };
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++)
		for (int how = 0; how < 3; how++) {
			pthread_t id;

			CHECK(pthread_create(&id, NULL, victim, (void *)(me * 3 + how)) == 0);
			CHECK(pthread_join(id, NULL) == 0);
			CHECK(strcmp(results[me], expected[how]) == 0);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	CHECK(pthread_key_create(&key, destructor) == 0);
	run_workers(worker);
	printf("trails %ld\n", 3 * threads * iterations);
	return 0;
}
