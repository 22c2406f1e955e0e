/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: where its own filter ends a worker at a call on memory (SECCOMP_RET_KILL_THREAD), others map, protect and fork on. */
#include "own_filter.h"
#include "processes.h"

#include <sys/mman.h>

#define PAGE 4096

static void *victim(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ON(SYS_mprotect, SECCOMP_RET_KILL_THREAD),
						     ANSWER(SECCOMP_RET_ALLOW) };

	settle();
	INSTALL(filter, 0);
	compute();
	syscall(SYS_mprotect, arg, PAGE, PROT_READ);
	CHECK(0);
	return arg;
}

static void *worker(void *arg)
{
	for (long i = 0; i < iterations; i++) {
		unsigned char *area = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pthread_t id;
		pid_t child;

		CHECK(area != MAP_FAILED);
		area[0] = 7;
		CHECK(pthread_create(&id, NULL, victim, area) == 0);
		settle();
		CHECK(pthread_join(id, NULL) == 0);
		CHECK(mprotect(area + PAGE, PAGE, PROT_NONE) == 0);
		area[0]++;
		child = fork();
		if (child == 0)
			_exit(area[0] == 8 ? 5 : 6);
		expect_exit(child, 5);
		CHECK(munmap(area, 2 * PAGE) == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	puts("went on");
	return 0;
}
