/* SPDX-License-Identifier: Apache-2.0 */
/*
 * affinity NUMBER FIRST [execute]: a program that is told of NUMBER processors of which those from FIRST on are other nodes'. It tries
 * what it is told and may choose, in threads at home and on other nodes, with masks in pages that are on another node, of
 * children and, if it is to, behind execve.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "check.h"

static int number, first;
static cpu_set_t everything;
/* In a page of its own, which whoever asked last has. */
static cpu_set_t __attribute__((aligned(4096))) shared;

static long get(pid_t pid, size_t length, void *mask)
{
	return syscall(SYS_sched_getaffinity, pid, length, mask);
}

static long set(pid_t pid, size_t length, const void *mask)
{
	return syscall(SYS_sched_setaffinity, pid, length, mask);
}

static cpu_set_t told(pid_t pid)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	CHECK(get(pid, sizeof(mask), &mask) > 0);
	return mask;
}

static cpu_set_t two(int one, int other)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	CPU_SET(one, &mask);
	CPU_SET(other, &mask);
	return mask;
}

static void is_told(pid_t pid, cpu_set_t expected)
{
	cpu_set_t mask = told(pid);

	CHECK(CPU_EQUAL(&mask, &expected));
}

static void *child_is_told(void *expected)
{
	is_told(0, *(cpu_set_t *)expected);
	return NULL;
}

static void children_have(cpu_set_t expected)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, child_is_told, &expected) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

/* Lengths and errors of the kernel (kernel/sched/syscalls.c). */
static void errors(void)
{
	size_t shortest = (size_t)(number + 63) / 64 * 8;
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char bytes[2048];
	long whole = get(0, sizeof(bytes), bytes);
	cpu_set_t mask;

	CHECK(whole >= (long)shortest && whole % 8 == 0);
	CHECK(get(0, shortest, bytes) == (long)shortest);
	CHECK(get(0, shortest + 4, bytes) == -1 && errno == EINVAL);
	CHECK(get(0, 0, bytes) == -1 && errno == EINVAL);
	CHECK(page != MAP_FAILED);
	CHECK(get(0, shortest, page) == -1 && errno == EFAULT);
	CHECK(get(0, shortest, NULL) == -1 && errno == EFAULT);
	CHECK(set(0, shortest, NULL) == -1 && errno == EFAULT);
	CHECK(munmap(page, 4096) == 0);
	CHECK(set(0, 0, bytes) == -1 && errno == EINVAL);
	CPU_ZERO(&mask);
	CHECK(set(0, sizeof(mask), &mask) == -1 && errno == EINVAL);
	CPU_SET(number, &mask);
	CHECK(set(0, sizeof(mask), &mask) == -1 && errno == EINVAL);
	CHECK(get(0x3fffffff, sizeof(mask), &mask) == -1 && errno == ESRCH);
	is_told(0, everything);
}

static void choices(void)
{
	cpu_set_t here = two(0, 0), there = two(first, number - 1), both = two(0, first), none = two(0, number);

	CHECK(set(0, sizeof(both), &both) == 0);
	is_told(0, both);
	is_told(gettid(), both);
	children_have(both);
	/* Of another node alone: taken, and the thread goes on. */
	CHECK(set(gettid(), sizeof(there), &there) == 0);
	is_told(0, there);
	children_have(there);
	CHECK(set(0, sizeof(none), &none) == 0);
	is_told(0, here);
	children_have(here);
	CHECK(set(0, sizeof(everything), &everything) == 0);
	is_told(0, everything);
}

static void work(int index)
{
	settle();
	if (index == 0)
		CPU_ZERO(&shared);
	is_told(0, everything);
	is_told(getpid(), everything);
	errors();
	for (int i = 0; i < 20; i++)
		choices();
	/* The page comes from whoever had it; all write the same there. */
	CHECK(get(0, sizeof(shared), &shared) > 0);
}

static void *worker(void *index)
{
	work((int)(intptr_t)index);
	return NULL;
}

/* The kernel's own answer: no processor of another node. */
static void fork_is_told_the_truth(void)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		cpu_set_t mask = told(0);

		for (int cpu = first; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &mask))
				_exit(3);
		_exit(CPU_ISSET(0, &mask) ? 0 : 4);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
	pthread_t workers[4];
	cpu_set_t kept;

	CHECK(argc > 2);
	number = atoi(argv[1]);
	first = atoi(argv[2]);
	CHECK(first > 0 && first < number && number < CPU_SETSIZE);
	kept = two(0, number - 1);
	if (argc > 3 && strcmp(argv[3], "executed") == 0) {
		is_told(0, kept);
		printf("as it must be\n");
		return 0;
	}
	everything = told(0);
	for (int cpu = first; cpu < number; cpu++)
		CHECK(CPU_ISSET(cpu, &everything));
	CHECK(CPU_ISSET(0, &everything) && !CPU_ISSET(number, &everything));
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&workers[i], NULL, worker, (void *)(intptr_t)i) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(workers[i], NULL) == 0);
	CHECK(CPU_EQUAL(&shared, &everything));
	work(1);
	fork_is_told_the_truth();
	if (argc > 3) {
		CHECK(set(0, sizeof(kept), &kept) == 0);
		execl(argv[0], argv[0], argv[1], argv[2], "executed", NULL);
		CHECK(!"it executes itself");
	}
	printf("as it must be\n");
	return 0;
}
