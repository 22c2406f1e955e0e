/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: _exit in a worker ends all with its status at once: no exit handlers, no buffered output; others wait and compute. */
/* Ends: 9 */
#include "threads.h"

static atomic_int ready;

static void at_exit(void)
{
	CHECK(write(1, "never\n", 6) == 6);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t state = 3;

	settle();
	atomic_fetch_add(&ready, 1);
	if (me == threads - 1) {
		while (atomic_load(&ready) < threads)
			usleep(100);
		CHECK(write(1, "ending\n", 7) == 7);
		_exit(9);
	}
	for (;;)
		if (me % 2)
			pause();
		else
			xorshift(&state);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	CHECK(atexit(at_exit) == 0);
	setvbuf(stdout, NULL, _IOFBF, 4096);
	printf("lost");
	run_workers(worker);
	return 1;
}
