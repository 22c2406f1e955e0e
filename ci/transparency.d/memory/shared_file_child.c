/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a worker and a child it forked pass a shared file mapping's page to and fro, each seeing all that the other wrote. */
#include "memory.h"

#include <sched.h>

static unsigned char *view;

/* Each of the two paints when the turn is its own; the turn stands in the page's last word. */
static void play(unsigned char *page, int side)
{
	_Atomic uint64_t *turn = (_Atomic uint64_t *)(page + PAGE - 8);

	for (long i = 0; i < iterations; i++) {
		while (atomic_load(turn) != (uint64_t)(2 * i + side))
			sched_yield();
		CHECK(2 * i + side == 0 || painted(page, PAGE - 8, (uint64_t)(2 * i + side - 1)));
		paint(page, PAGE - 8, (uint64_t)(2 * i + side));
		atomic_store(turn, (uint64_t)(2 * i + side + 1));
	}
}

static void *worker(void *arg)
{
	unsigned char *own = view + (intptr_t)arg * PAGE;
	pid_t child;

	settle();
	child = fork();
	if (child == 0) {
		play(own, 1);
		_exit(3);
	}
	play(own, 0);
	CHECK(status_of(child) == 3 && painted(own, PAGE - 8, (uint64_t)(2 * iterations - 1)));
	return NULL;
}

int main(int argc, char **argv)
{
	int fd;

	arguments(argc, argv, 12);
	fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)threads * PAGE) == 0);
	view = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)view != MAP_FAILED);
	run_workers(threads, worker);
	printf("turns %ld\n", 2 * threads * iterations);
	return 0;
}
