/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that its own filter ends in a fork is joined, and the others go on to fork and to change their memory. */
#include "own_filter.h"
#include "processes.h"

#include <sys/mman.h>

#define SIZE 8192

static void *victim(void *arg)
{
	static const struct sock_filter filter[] = { LOAD(nr), ON(SYS_fork, SECCOMP_RET_KILL_THREAD),
						     ANSWER(SECCOMP_RET_ALLOW) };

	settle();
	INSTALL(filter, 0);
	compute();
	syscall(SYS_fork);
	CHECK(0);
	return arg;
}

static void *worker(void *arg)
{
	for (long i = 0; i < iterations; i++) {
		pthread_t id;
		pid_t child;
		char *memory;

		CHECK(pthread_create(&id, NULL, victim, NULL) == 0);
		CHECK(pthread_join(id, NULL) == 0);
		memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(memory != MAP_FAILED);
		memory[i] = 1;
		CHECK(munmap(memory, SIZE) == 0);
		child = fork();
		if (child == 0)
			_exit(5);
		expect_exit(child, 5);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	puts("joined all");
	return 0;
}
