/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a process made with CLONE_VM has all that the threads wrote, also when theirs has left the memory for another program. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

#define PAGES 8
#define STACK 65536

static unsigned char *ranges[MAX_THREADS];
static pthread_barrier_t barrier;
static int ends[2];

/* No call of the C library which would use the thread's own data: they are the creator's. */
static int outliving(void *unused)
{
	unsigned long sum = 0;
	char text[32], *at = text + sizeof(text), byte;

	(void)unused;
	/* The other end closes when the first process has let go of this memory. */
	syscall(SYS_close, ends[1]);
	syscall(SYS_read, ends[0], &byte, 1);
	for (int i = 0; i < threads; i++)
		for (int page = 0; page < PAGES; page++)
			sum += ranges[i][page * 4096 + page];
	*--at = '\n';
	do
		*--at = (char)('0' + sum % 10);
	while (sum /= 10);
	syscall(SYS_write, STDOUT_FILENO, at, text + sizeof(text) - at);
	syscall(SYS_exit_group, 0);
	return 0;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (int page = 0; page < PAGES; page++)
		ranges[me][page * 4096 + page] = (unsigned char)(me + 1);
	pthread_barrier_wait(&barrier);
	if (me == 0) {
		char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(stack != MAP_FAILED && clone(outliving, stack + STACK, CLONE_VM | SIGCHLD, NULL) > 0);
	}
	pthread_barrier_wait(&barrier);
	settle();
	for (int page = 0; page < PAGES; page++)
		ranges[me][page * 4096 + page] += 10;
	return NULL;
}

static void *settled(void *arg)
{
	settle();
	return arg;
}

/* The program that follows: who waits for this process has the other one's output, too. */
static int wait_for_it(void)
{
	int status;

	arguments(1, NULL, 1);
	run_threads(threads, settled);
	CHECK(waitpid(-1, &status, 0) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return 0;
}

int main(int argc, char **argv)
{
	char *next[] = { argv[0], (char *)"next", NULL };

	if (argc == 2 && strcmp(argv[1], "next") == 0)
		return wait_for_it();
	arguments(argc, argv, 1);
	CHECK(pipe2(ends, O_CLOEXEC) == 0 && pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	for (int i = 0; i < threads; i++) {
		ranges[i] = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK((void *)ranges[i] != MAP_FAILED);
	}
	run_threads(threads, worker);
	execv("/proc/self/exe", next);
	CHECK(!"execv returns");
}
