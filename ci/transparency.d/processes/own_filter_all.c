/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter that one worker installs for all threads (SECCOMP_FILTER_FLAG_TSYNC) holds in each as soon as it is there. */
#include "own_filter.h"

static atomic_int installed;
static atomic_ulong words[MAX_THREADS];

static void *late(void *arg)
{
	compute();
	CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
	return arg;
}

static void *worker(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ALLOW_NEEDED, ON(SYS_clone, SECCOMP_RET_ALLOW),
						     ON(SYS_clone3, SECCOMP_RET_ALLOW), ON(SYS_mmap, SECCOMP_RET_ALLOW),
						     ON(SYS_set_robust_list, SECCOMP_RET_ALLOW),
						     ON(SYS_rseq, SECCOMP_RET_ALLOW), ON(SYS_brk, SECCOMP_RET_ALLOW),
						     ON(SYS_newfstatat, SECCOMP_RET_ALLOW),
						     ON(SYS_fstat, SECCOMP_RET_ALLOW),
						     ANSWER(SECCOMP_RET_ERRNO | EXDEV) };
	int me = (int)(intptr_t)arg;
	pthread_t child;

	travel();
	if (me == 0) {
		CHECK(syscall(SYS_getppid) >= 0);
		INSTALL(filter, SECCOMP_FILTER_FLAG_TSYNC);
		atomic_store(&installed, 1);
	}
	while (!atomic_load(&installed))
		atomic_fetch_add(&words[me], 1);
	for (long i = 0; i < iterations; i++) {
		compute();
		CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
	}
	CHECK(pthread_create(&child, NULL, late, NULL) == 0);
	CHECK(pthread_join(child, NULL) == 0);
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	prepare_ends();
	run_threads(threads, worker);
	CHECK(syscall(SYS_getppid) == -1 && errno == EXDEV);
	puts("holds in all");
	return 0;
}
