/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pthread_cond_wait and pthread_mutex_lock never fail for a signal, and no wake-up is lost among many. */
#include "signals.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static long turn;

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_mutex_lock(&lock) == 0);
		while (turn % threads != me)
			CHECK(pthread_cond_wait(&moved, &lock) == 0);
		turn++;
		CHECK(pthread_cond_broadcast(&moved) == 0 && pthread_mutex_unlock(&lock) == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	interrupt_workers(0, body);
	CHECK(turn == threads * iterations);
	printf("turns %ld\n", turn);
	return 0;
}
