/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread may be moved in the moment of a vfork, and neither that call nor the next ones fail. */
#include <sched.h>
#include <sys/mman.h>

#include "processes.h"

#define SIZE (8 * 4096)
#define STACK 16384

/* With a network of its own, as a container's first process is made: that takes the kernel some time, in the call. */
static int own_network = CLONE_NEWNET;

static void ignore(int number)
{
	(void)number;
}

static int end_with(void *code)
{
	_exit((int)(long)code);
}

static void *worker(void *arg)
{
	char *stack = malloc(STACK);

	CHECK(stack != NULL);
	for (long i = 0; i < iterations; i++) {
		long code = i % 100;
		pid_t child = clone(end_with, stack + STACK, CLONE_VM | CLONE_VFORK | own_network | SIGCHLD, (void *)code);
		char *at;

		CHECK(child > 0);
		at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(at != MAP_FAILED);
		at[SIZE - 1] = 1;
		CHECK(mprotect(at, SIZE, PROT_READ) == 0 && at[SIZE - 1] == 1 && munmap(at, SIZE) == 0);
		expect_exit(child, (int)code);
	}
	free(stack);
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction breaking = { .sa_handler = ignore };
	pid_t child;

	arguments(argc, argv, 100);
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		_exit(unshare(CLONE_NEWNET) != 0);
	/* Another user may not. */
	if (wait_for(child) != 0)
		own_network = 0;
	/* Without SA_RESTART: of such a program hitotsu knows each stop, the ones in a vfork too. */
	CHECK(sigaction(SIGUSR1, &breaking, NULL) == 0);
	run_threads(threads, worker);
	printf("vforks %ld\n", threads * iterations);
	return 0;
}
