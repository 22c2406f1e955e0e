/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals that a child process sends its parent arrive in the thread open for them, with the child's id, in order. */
#include "signals.h"

static volatile pid_t child;
static volatile long count, next;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(me == 0 && number == SIGRTMIN + 2 && info->si_code == SI_QUEUE && info->si_uid == getuid());
	CHECK(child == 0 || info->si_pid == child);
	CHECK(info->si_value.sival_int == (int)next);
	next++;
	count++;
}

static void body(void)
{
	uint64_t state = 5;

	if (me)
		return;
	child = 0;
	mask(SIG_UNBLOCK, SIGRTMIN + 2);
	child = fork();
	if (child == 0) {
		for (long i = 0; i < iterations; i++) {
			CHECK(sigqueue(getppid(), SIGRTMIN + 2, value_of((int)i)) == 0);
			if (i % 8 == 7)
				usleep(500);
		}
		_exit(0);
	}
	while (next < iterations)
		xorshift(&state);
	CHECK(wait_for(child) == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 50);
	handle(SIGRTMIN + 2, on_signal, 0);
	mask(SIG_BLOCK, SIGRTMIN + 2);
	start_workers(body);
	end_workers();
	CHECK(count == iterations);
	printf("from the child %ld\n", count);
	return 0;
}
