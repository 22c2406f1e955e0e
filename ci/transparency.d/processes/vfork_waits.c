/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: vfork holds its own thread until the child executes or exits, while the other threads go on. */
#include "processes.h"

static atomic_long beats[MAX_THREADS];
static atomic_int over;
static volatile int went_on;

/* In one call, since the child runs on its parent's stack. */
static __attribute__((noinline)) pid_t vfork_child(int fd, const char *program)
{
	pid_t child = vfork();

	if (child == 0) {
		char byte;

		if (read(fd, &byte, 1) != 1)
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

	settle();
	if (me) {
		/* Computes without a system call, on a page that nobody else writes. */
		while (!atomic_load(&over))
			atomic_fetch_add(&beats[me], 1);
		return NULL;
	}
	for (long i = 0; i < iterations; i++) {
		int hold[2];
		pid_t helper, child;

		open_pipe(hold);
		/* Lets the vfork child go on after a while: this thread can not. */
		helper = fork();
		if (helper == 0) {
			usleep(3000);
			say(hold[1]);
			_exit(0);
		}
		went_on = 0;
		child = vfork_child(hold[0], i % 2 ? "exit 4" : "exit 5");
		CHECK(child > 0 && went_on == 1);
		expect_exit(child, i % 2 ? 4 : 5);
		expect_exit(helper, 0);
		close_both(hold);
	}
	atomic_store(&over, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_threads(threads, worker);
	for (int i = 1; i < threads; i++)
		CHECK(atomic_load(&beats[i]) > 0);
	printf("vforks %ld\n", iterations);
	return 0;
}
