/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread's name, set by itself or another, is what prctl, pthread_getname_np and /proc/self/task tell. */
#include <sys/prctl.h>

#include "threads.h"

static pthread_t ids[MAX_THREADS];
static atomic_int tids[MAX_THREADS];

static void name_in_proc(pid_t tid, char *name)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && (n = read(fd, name, 16)) > 1 && close(fd) == 0 && name[n - 1] == '\n');
	name[n - 1] = 0;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, next = (me + 1) % threads;
	char wanted[64], got[24];

	settle();
	ids[me] = pthread_self();
	atomic_store(&tids[me], gettid());
	meet();
	for (long i = 0; i < iterations; i++) {
		snprintf(wanted, sizeof(wanted), "own%ld.%ld", (long)me, i);
		CHECK(prctl(PR_SET_NAME, wanted) == 0 && pthread_getname_np(pthread_self(), got, 16) == 0);
		CHECK(strcmp(got, wanted) == 0);
		name_in_proc(gettid(), got);
		CHECK(strcmp(got, wanted) == 0);
		meet();
		snprintf(wanted, sizeof(wanted), "by%ld.%ld", (long)me, i);
		CHECK(pthread_setname_np(ids[next], wanted) == 0);
		name_in_proc(atomic_load(&tids[next]), got);
		CHECK(strcmp(got, wanted) == 0);
		meet();
		snprintf(wanted, sizeof(wanted), "by%ld.%ld", (long)(me + threads - 1) % threads, i);
		CHECK(prctl(PR_GET_NAME, got) == 0 && strcmp(got, wanted) == 0);
		meet();
	}
	CHECK(pthread_setname_np(pthread_self(), "longer than allowed") == ERANGE);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(worker);
	printf("names %ld\n", 2 * threads * iterations);
	return 0;
}
