/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: contexts made by makecontext and switched by swapcontext keep their stacks and masks, and move between threads. */
#include "signals.h"

#define ROUNDS 12

static ucontext_t outside[MAX_THREADS], inside[MAX_THREADS];
static char *stacks[MAX_THREADS];
static long sums[MAX_THREADS];
static atomic_long turn;

static void coroutine(int which)
{
	char volatile local[3000];

	for (int round = 0; round < ROUNDS; round++) {
		memset((char *)local, which + round, sizeof(local));
		CHECK(is_blocked(SIGUSR2) == (round > 0));
		mask(SIG_BLOCK, SIGUSR2);
		sums[which] += round;
		CHECK(swapcontext(&inside[which], &outside[which]) == 0);
		for (size_t i = 0; i < sizeof(local); i++)
			CHECK(local[i] == (char)(which + round));
	}
	sums[which] += 1000;
}

static void body(void)
{
	/* Each coroutine is continued by another thread in each round. */
	for (int round = 0; round <= ROUNDS; round++) {
		int which = (me + round) % threads;

		while (atomic_load(&turn) / threads < round)
			usleep(50);
		CHECK(!is_blocked(SIGUSR2) && swapcontext(&outside[which], &inside[which]) == 0);
		CHECK(!is_blocked(SIGUSR2));
		atomic_fetch_add(&turn, 1);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	for (int i = 0; i < threads; i++) {
		stacks[i] = malloc(65536);
		CHECK(stacks[i] && getcontext(&inside[i]) == 0);
		inside[i].uc_stack.ss_sp = stacks[i];
		inside[i].uc_stack.ss_size = 65536;
		inside[i].uc_link = &outside[i];
		makecontext(&inside[i], (void (*)(void))coroutine, 1, i);
	}
	start_workers(body);
	end_workers();
	for (int i = 0; i < threads; i++) {
		CHECK(sums[i] == 1000 + ROUNDS * (ROUNDS - 1) / 2);
		free(stacks[i]);
	}
	printf("switches %d\n", threads * (ROUNDS + 1));
	return 0;
}
