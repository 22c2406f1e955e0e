/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: outcomes that x86-TSO forbids (message passing, store buffering with fences, load buffering) never appear across nodes. */
#include "check.h"

/* Each variable has its own page. */
struct page {
	volatile long value;
	char rest[4096 - sizeof(long)];
} __attribute__((aligned(4096)));

static struct page x, y, data, flag;
static long seen[2];
static pthread_barrier_t barrier;

static void message_passing(int me, long round)
{
	if (me == 0) {
		data.value = round;
		flag.value = round;
	} else {
		long f = flag.value, d = data.value;

		CHECK(d >= f);
	}
}

static void store_buffering(int me, long round)
{
	struct page *mine = me ? &y : &x, *other = me ? &x : &y;

	mine->value = round;
	__asm__ volatile("mfence" : : : "memory");
	seen[me] = other->value;
	pthread_barrier_wait(&barrier);
	if (me == 0)
		CHECK(seen[0] == round || seen[1] == round);
	pthread_barrier_wait(&barrier);
}

static void load_buffering(int me, long round)
{
	struct page *mine = me ? &y : &x, *other = me ? &x : &y;

	seen[me] = other->value;
	mine->value = -round;
	pthread_barrier_wait(&barrier);
	if (me == 0)
		CHECK(seen[0] != -round || seen[1] != -round);
	pthread_barrier_wait(&barrier);
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long round = 1; round <= iterations; round++) {
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < 20; i++)
			message_passing(me, (round - 1) * 20 + i + 1);
		store_buffering(me, round);
		load_buffering(me, round);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	threads = 2;
	pthread_barrier_init(&barrier, NULL, 2);
	run_threads(2, worker);
	printf("rounds %ld data %ld\n", iterations, data.value);
	return 0;
}
