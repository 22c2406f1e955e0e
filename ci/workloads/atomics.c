/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: locked instructions (xadd, xchg, cmpxchg, cmpxchg16b, or, inc) stay atomic across nodes. */
#include "check.h"

static atomic_long added, swapped_in, swapped_out;
static atomic_ulong exchange, bits, tickets, ticket_sum;
static __int128 pair __attribute__((aligned(16)));

/* Adds 1 to the low half and 3 to the high half as one value. */
static void add_pair(void)
{
	__int128 old = pair, new;

	for (;;) {
		__int128 seen;
		uint64_t low = (uint64_t)old + 1, high = (uint64_t)(old >> 64) + 3;

		new = (__int128)high << 64 | low;
		seen = __sync_val_compare_and_swap(&pair, old, new);
		if (seen == old)
			return;
		old = seen;
	}
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned long mine = (unsigned long)(me * iterations + i + 1), old;
		long seen = atomic_load(&added);

		while (!atomic_compare_exchange_weak(&added, &seen, seen + 2))
			;
		old = atomic_exchange(&exchange, mine);
		atomic_fetch_add(&swapped_in, (long)mine);
		atomic_fetch_add(&swapped_out, (long)old);
		atomic_fetch_add(&ticket_sum, atomic_fetch_add(&tickets, 1));
		add_pair();
	}
	atomic_fetch_or(&bits, 1ul << me);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long n;

	arguments(argc, argv, 1000);
	run_threads(threads, worker);
	CHECK(atomic_load(&added) == 2 * threads * iterations);
	CHECK(atomic_load(&swapped_in) == atomic_load(&swapped_out) + (long)atomic_load(&exchange));
	n = (unsigned long)(threads * iterations);
	CHECK(atomic_load(&tickets) == n && atomic_load(&ticket_sum) == n * (n - 1) / 2);
	CHECK((uint64_t)pair == n && (uint64_t)(pair >> 64) == 3 * n);
	CHECK(atomic_load(&bits) == (threads == 64 ? ~0ul : (1ul << threads) - 1));
	printf("added %ld pair %llu:%llu\n", atomic_load(&added), (unsigned long long)(pair >> 64),
	       (unsigned long long)pair);
	return 0;
}
