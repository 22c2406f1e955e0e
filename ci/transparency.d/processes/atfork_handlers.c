/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: fork handlers run in the forking worker, before it in reverse and after it in order, and keep a lock usable in the child. */
#include "processes.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread char order[16];
static long guarded[2];

static void add(char letter)
{
	size_t length = strlen(order);

	CHECK(length < sizeof(order) - 1);
	order[length] = letter;
}

static void prepare_first(void) { add('a'); }
static void parent_first(void) { add('b'); }
static void child_first(void) { add('c'); }

static void prepare_second(void)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	add('A');
}

static void parent_second(void)
{
	add('B');
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void child_second(void)
{
	add('C');
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		pid_t child;

		CHECK(pthread_mutex_lock(&lock) == 0);
		guarded[0]++;
		guarded[1]++;
		CHECK(pthread_mutex_unlock(&lock) == 0);
		memset(order, 0, sizeof(order));
		child = fork();
		if (child == 0) {
			CHECK(strcmp(order, "AacC") == 0 && guarded[0] == guarded[1]);
			CHECK(pthread_mutex_lock(&lock) == 0 && pthread_mutex_unlock(&lock) == 0);
			_exit(0);
		}
		CHECK(strcmp(order, "AabB") == 0);
		expect_exit(child, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	CHECK(pthread_atfork(prepare_first, parent_first, child_first) == 0);
	CHECK(pthread_atfork(prepare_second, parent_second, child_second) == 0);
	run_threads(threads, worker);
	printf("guarded %ld\n", guarded[0]);
	return 0;
}
