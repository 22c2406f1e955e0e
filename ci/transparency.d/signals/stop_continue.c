/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a child stops its parent and lets it go on: sleeps and futex waits are whole, nothing is lost, SIGCONT is handled. */
#include <linux/futex.h>

#include "signals.h"

static atomic_int continued, finished;
static int word;

static void on_continue(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	CHECK(me == -1);
	atomic_fetch_add(&continued, 1);
}

/* Neither a sleep nor a wait has a handler to end it here (SIGCONT runs in main), so both last their whole time. */
static void body(void)
{
	uint64_t state = 7 + (uint64_t)me;

	while (!atomic_load(&finished)) {
		struct timespec nap = { 0, 4000000 };
		double start = seconds();

		if (me % 3 == 0)
			CHECK(nanosleep(&nap, NULL) == 0 && seconds() - start >= 0.004);
		else if (me % 3 == 1)
			CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &nap, NULL, 0) == -1 &&
			      errno == ETIMEDOUT && seconds() - start >= 0.004);
		else
			for (int i = 0; i < 1000; i++)
				xorshift(&state);
	}
}

int main(int argc, char **argv)
{
	pid_t child;

	arguments(argc, argv, 6);
	mask(SIG_BLOCK, SIGCONT);
	start_workers(body);
	handle(SIGCONT, on_continue, SA_RESTART);
	mask(SIG_UNBLOCK, SIGCONT);
	child = fork();
	if (child == 0) {
		for (long i = 0; i < iterations; i++) {
			usleep(3000);
			CHECK(kill(getppid(), SIGSTOP) == 0);
			usleep(5000);
			CHECK(kill(getppid(), SIGCONT) == 0);
		}
		_exit(0);
	}
	CHECK(wait_for(child) == 0);
	atomic_store(&finished, 1);
	end_workers();
	CHECK(atomic_load(&continued) >= 1);
	printf("stopped and continued %ld\n", iterations);
	return 0;
}
