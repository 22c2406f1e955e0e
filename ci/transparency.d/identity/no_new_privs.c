/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker gives up new privileges for itself, for threads it creates and for its children, not for the threads beside it. */
#include "identity.h"
#include <sys/wait.h>

static pthread_barrier_t barrier;

static void *created(void *wanted)
{
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == (int)(intptr_t)wanted);
	return NULL;
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, before = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	settle();
	if (me % 2)
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++) {
		int status, wanted = me % 2 ? 1 : before;
		pthread_t id;
		pid_t child;

		CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == wanted);
		CHECK(pthread_create(&id, NULL, created, (void *)(intptr_t)wanted) == 0 && pthread_join(id, NULL) == 0);
		child = fork();
		if (child == 0)
			_exit(10 + prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 10 + wanted);
	}
	if (me % 2)
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && errno == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("before %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}
