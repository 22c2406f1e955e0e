/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what a thread stores past the caches and fences is complete for whoever sees the flag that it sets afterwards. */
#include <emmintrin.h>
#include <sched.h>

#include "memory.h"

static unsigned char *area;
static _Atomic long *turns;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t *own = (uint64_t *)(area + me * PAGE);
	const uint64_t *before = (const uint64_t *)(area + (me + threads - 1) % threads * PAGE);

	settle();
	/* Round the ring: each checks the page of the one before it, then streams its own. */
	for (long i = 0; i < iterations; i++) {
		long turn = i * threads + me;

		while (atomic_load_explicit(turns, memory_order_acquire) != turn)
			sched_yield();
		CHECK(turn == 0 || painted(before, PAGE, (uint64_t)turn - 1));
		for (int k = 0; k < PAGE / 8; k += 2) {
			if (i % 2) {
				_mm_stream_si64((long long *)own + k, (long long)paint_word((uint64_t)turn, (size_t)k));
				_mm_stream_si64((long long *)own + k + 1,
						(long long)paint_word((uint64_t)turn, (size_t)k + 1));
			} else {
				__m128i two = _mm_set_epi64x((long long)paint_word((uint64_t)turn, (size_t)k + 1),
							     (long long)paint_word((uint64_t)turn, (size_t)k));

				_mm_stream_si128((__m128i *)(own + k), two);
			}
		}
		_mm_sfence();
		atomic_store_explicit(turns, turn + 1, memory_order_release);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	area = new_pages((size_t)threads + 1);
	turns = (_Atomic long *)(area + threads * PAGE);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, area, (size_t)threads * PAGE));
	return 0;
}
