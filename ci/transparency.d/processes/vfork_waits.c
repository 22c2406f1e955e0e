/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: vfork holds its own thread until the child executes or exits, while the other threads go on. */
#include "processes.h"

/* A pipe to each other worker, and one on which all of them answer. */
static int asked[MAX_THREADS][2], answered[2];
static volatile int went_on;

/*
 * In one call, since the child runs on its parent's stack. The child executes only when each other worker has answered,
 * which none does unless it is asked, and the vforking thread can't ask: it is held.
 */
static __attribute__((noinline)) pid_t vfork_child(const char *program)
{
	pid_t child = vfork();

	if (child == 0) {
		char byte;

		for (int i = 1; i < threads; i++)
			if (write(asked[i][1], "!", 1) != 1 || read(answered[0], &byte, 1) != 1)
				_exit(1);
		went_on = 1;
		execl("/bin/sh", "sh", "-c", program, (char *)NULL);
		_exit(2);
	}
	return child;
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	char byte;

	settle();
	if (me) {
		uint64_t state = 77;

		while (read(asked[me][0], &byte, 1) == 1) {
			for (int i = 0; i < 10000; i++)
				xorshift(&state);
			say(answered[1]);
		}
		return NULL;
	}
	for (long i = 0; i < iterations; i++) {
		pid_t child;

		went_on = 0;
		child = vfork_child(i % 2 ? "exit 4" : "exit 5");
		CHECK(child > 0 && went_on == 1);
		expect_exit(child, i % 2 ? 4 : 5);
	}
	for (int i = 1; i < threads; i++)
		CHECK(close(asked[i][1]) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	open_pipe(answered);
	for (int i = 1; i < threads; i++)
		open_pipe(asked[i]);
	run_threads(threads, worker);
	printf("vforks %ld\n", iterations);
	return 0;
}
