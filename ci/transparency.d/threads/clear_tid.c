/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread made by the bare clone gets its ids written where asked, and its end clears the word and wakes the joiner. */
#include <sched.h>

#include "threads.h"

#define STACK 65536
#define FLAGS                                                                                                  \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID | \
	 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID)

struct child {
	int parent_tid, child_tid, told, value;
	char *stack;
};
static struct child children[MAX_THREADS];

/* Without TLS of its own: nothing but bare calls and its own memory. */
static int run(void *arg)
{
	struct child *child = arg;
	long tid;

	__asm__ volatile("syscall" : "=a"(tid) : "a"(SYS_gettid) : "rcx", "r11", "memory");
	child->told = (int)tid;
	for (int i = 0; i < 1000; i++)
		child->value += i;
	return 0;
}

static void *worker(void *arg)
{
	struct child *child = &children[(intptr_t)arg];

	settle();
	child->stack = malloc(STACK);
	CHECK(child->stack);
	for (long i = 0; i < iterations; i++) {
		int made, now;

		child->value = child->told = 0;
		child->child_tid = -1;
		made = clone(run, child->stack + STACK, FLAGS, child, &child->parent_tid, NULL, &child->child_tid);
		CHECK(made > 0 && child->parent_tid == made);
		while ((now = word_of(&child->child_tid)) != 0)
			CHECK(futex(&child->child_tid, FUTEX_WAIT, now, NULL, NULL, 0) == 0 || errno == EAGAIN);
		CHECK(child->told == made && child->value == 499500);
	}
	free(child->stack);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	run_workers(worker);
	printf("cleared %ld\n", threads * iterations);
	return 0;
}
