/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: futexes without the private flag in shared memory join a worker with a forked child, at whatever address each sees. */
#include "threads.h"

static int *area;

/* Advances `word` from `from`, when it is there, to `from` + 1. */
static void step(int *word, int from)
{
	while (word_of(word) < from)
		if (futex(word, FUTEX_WAIT, from - 1, NULL, NULL, 0))
			CHECK(errno == EAGAIN);
	CHECK(word_of(word) == from);
	set_word(word, from + 1);
	CHECK(futex(word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) >= 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int *word = area + 16 * me;
	pid_t child;

	settle();
	child = fork();
	if (child == 0) {
		/* The same memory elsewhere. */
		int *moved = mremap(area, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)area + 8192);

		CHECK(moved == (int *)((char *)area + 8192));
		for (int i = 0; i < iterations; i++)
			step(moved + 16 * me, 2 * i + 1);
		_exit(0);
	}
	for (int i = 0; i < iterations; i++)
		step(word, 2 * i);
	CHECK(status_of(child) == 0 && word_of(word) == 2 * iterations);
	return NULL;
}

int main(int argc, char **argv)
{
	char *room;

	arguments(argc, argv, 30);
	/* Space behind it, for the child to move it to. */
	room = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)room != MAP_FAILED);
	area = mmap(room, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK((void *)area == room);
	run_workers(worker);
	printf("steps %ld\n", 2 * threads * iterations);
	return 0;
}
