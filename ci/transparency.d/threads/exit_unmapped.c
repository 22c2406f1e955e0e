/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread may unmap its id's word and its robust mutexes before it ends: what can't be written is passed over. */
#include "threads.h"

#define BLOCK 65536

static atomic_int settled, finished;

/* A thread as small libraries make them: its stack and the word of its id are in one mapping, which it gives back itself. */
static int bare(void *arg)
{
	long nr = SYS_munmap;

	settle();
	atomic_fetch_add(&settled, 1);
	while (!atomic_load(&finished))
		sched_yield();
	/* No stack any more behind the first call. */
	__asm__ volatile("syscall\n\tmovl $60, %%eax\n\txorl %%edi, %%edi\n\tsyscall"
			 : "+a"(nr)
			 : "D"(arg), "S"((long)BLOCK)
			 : "rcx", "r11", "memory");
	return 0;
}

static void *robust(void *arg)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t *mutexes;

	settle();
	for (long i = 0; i < 3; i++) {
		mutexes = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(mutexes != MAP_FAILED);
		CHECK(pthread_mutexattr_init(&attributes) == 0);
		CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
		CHECK(pthread_mutex_init(&mutexes[i], &attributes) == 0);
		CHECK(pthread_mutex_lock(&mutexes[i]) == 0);
	}
	/* The others stay, and are on the list behind it. */
	CHECK(munmap(mutexes, BLOCK) == 0);
	return arg;
}

int main(int argc, char **argv)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
	int tids[MAX_THREADS];

	arguments(argc, argv, 2);
	for (long i = 0; i < threads; i++) {
		char *block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(block != MAP_FAILED);
		tids[i] = clone(bare, block + BLOCK - 64, flags, block, NULL, NULL, block);
		CHECK(tids[i] > 0);
	}
	while (atomic_load(&settled) < threads)
		usleep(1000);
	atomic_store(&finished, 1);
	/* Nobody can be woken: the word is gone. */
	for (long i = 0; i < threads; i++)
		while (syscall(SYS_tgkill, getpid(), tids[i], 0) == 0)
			usleep(1000);
	run_threads(threads, robust);
	printf("ended %d\n", 2 * threads);
	return 0;
}
