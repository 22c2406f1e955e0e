/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: OpenMP's reductions, tasks, barriers, loops, locks and thread-private data give what one thread gives. */
/* Flags: -fopenmp */
#include <omp.h>

#include "check.h"

#define SIDE 192
#define SORTED 200000

static uint64_t grid[2][SIDE][SIDE];
static uint64_t own;
#pragma omp threadprivate(own)

static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15ull;

	return xorshift(&value);
}

/* Reductions over loops of every schedule: the order of additions differs from run to run, and the sum doesn't. */
static void reductions(void)
{
	uint64_t sum = 0, bits = 0, most = 0, expected = 0, expected_bits = 0, expected_most = 0;
	long count = 20000 * iterations;

	for (long i = 0; i < count; i++) {
		expected += mix(i);
		expected_bits ^= mix(i);
		expected_most = mix(i) > expected_most ? mix(i) : expected_most;
	}
	for (int round = 0; round < 3; round++) {
		omp_set_schedule(round == 0 ? omp_sched_static : round == 1 ? omp_sched_dynamic : omp_sched_guided, 512);
		sum = bits = most = 0;
#pragma omp parallel for schedule(runtime) reduction(+ : sum) reduction(^ : bits) reduction(max : most)
		for (long i = 0; i < count; i++) {
			sum += mix(i);
			bits ^= mix(i);
			most = mix(i) > most ? mix(i) : most;
		}
		CHECK(sum == expected && bits == expected_bits && most == expected_most);
	}
	printf("reductions %016lx %016lx %016lx\n", sum, bits, most);
}

/* Each step of the grid reads what the neighbours' threads wrote in the last one: only the barrier orders them. */
static void barriers(void)
{
	uint64_t hash = HASH_START;
	long steps = 4 * iterations;

	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			grid[0][y][x] = mix(y * SIDE + x);
#pragma omp parallel
	for (long step = 0; step < steps; step++) {
		uint64_t(*from)[SIDE] = grid[step & 1], (*to)[SIDE] = grid[~step & 1];

#pragma omp for schedule(static)
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++)
				to[y][x] = mix(from[y][x] + from[(y + 1) % SIDE][x] + from[(y + SIDE - 1) % SIDE][x] +
					       from[y][(x + 1) % SIDE] + from[y][(x + SIDE - 1) % SIDE]);
	}
	hash = hash_bytes(hash, grid[steps & 1], sizeof(grid[0]));
	printf("barriers %016lx\n", hash);
}

static void sort(uint32_t *numbers, long count)
{
	uint32_t pivot = numbers[count / 2];
	long low = 0, high = count - 1;

	if (count < 2)
		return;
	while (low <= high) {
		while (numbers[low] < pivot)
			low++;
		while (numbers[high] > pivot)
			high--;
		if (low <= high) {
			uint32_t swapped = numbers[low];

			numbers[low++] = numbers[high];
			numbers[high--] = swapped;
		}
	}
#pragma omp task if (count > 4000)
	sort(numbers, high + 1);
#pragma omp task if (count > 4000)
	sort(numbers + low, count - low);
#pragma omp taskwait
}

static uint64_t tree(int depth, uint64_t seed)
{
	uint64_t left, right;

	if (depth == 0)
		return mix(seed);
#pragma omp task shared(left) final(depth < 6)
	left = tree(depth - 1, 2 * seed);
#pragma omp task shared(right) final(depth < 6)
	right = tree(depth - 1, 2 * seed + 1);
#pragma omp taskwait
	return mix(left ^ (right << 1));
}

static void tasks(void)
{
	uint32_t *numbers = malloc(SORTED * sizeof(*numbers));
	uint64_t root = 0, chain = 1, sum = 0;

	CHECK(numbers);
	for (long i = 0; i < SORTED; i++)
		numbers[i] = (uint32_t)mix(i);
#pragma omp parallel
#pragma omp single
	{
		sort(numbers, SORTED);
		root = tree(14, 1);
		/* Made by any thread in the order of their dependences. */
		for (int i = 0; i < 200; i++) {
#pragma omp task depend(inout : chain) firstprivate(i)
			chain = mix(chain + i);
		}
#pragma omp taskwait
#pragma omp taskloop grainsize(100) reduction(+ : sum)
		for (long i = 0; i < SORTED; i++)
			sum += numbers[i] * (uint64_t)i;
	}
	for (long i = 1; i < SORTED; i++)
		CHECK(numbers[i - 1] <= numbers[i]);
	printf("tasks %016lx %016lx %016lx\n", root, chain, sum);
	free(numbers);
}

/* Counters that only their lock, atomic or critical section makes whole; data of a thread's own stay its own. */
static void exclusion(void)
{
	uint64_t locked = 0, nested = 0, critical = 0, atomic = 0, ordered = HASH_START, singles = 0, members = 0;
	long count = 200 * iterations;
	omp_lock_t lock;
	omp_nest_lock_t nest;

	omp_init_lock(&lock);
	omp_init_nest_lock(&nest);
#pragma omp parallel
	{
		uint64_t copied;

		own = 1000 * (uint64_t)omp_get_thread_num();
#pragma omp barrier
#pragma omp for schedule(dynamic, 4) ordered
		for (long i = 0; i < count; i++) {
			omp_set_lock(&lock);
			locked++;
			omp_unset_lock(&lock);
			omp_set_nest_lock(&nest);
			omp_set_nest_lock(&nest);
			nested++;
			omp_unset_nest_lock(&nest);
			omp_unset_nest_lock(&nest);
#pragma omp critical
			critical++;
#pragma omp atomic
			atomic += i;
			own++;
#pragma omp ordered
			ordered = hash_bytes(ordered, &i, sizeof(i));
		}
		for (int i = 0; i < 20; i++) {
#pragma omp single copyprivate(copied)
			copied = ++singles;
			CHECK(copied == (uint64_t)i + 1);
#pragma omp barrier
		}
#pragma omp atomic
		members += own - 1000 * (uint64_t)omp_get_thread_num();
	}
	omp_destroy_lock(&lock);
	omp_destroy_nest_lock(&nest);
	CHECK(locked == (uint64_t)count && nested == (uint64_t)count && critical == (uint64_t)count);
	CHECK(atomic == (uint64_t)count * (count - 1) / 2 && members == (uint64_t)count && singles == 20);
	printf("exclusion %lu %016lx\n", locked, ordered);
}

int main(int argc, char **argv)
{
	int team = 0;

	arguments(argc, argv, 60);
	omp_set_dynamic(0);
	omp_set_num_threads(threads);
#pragma omp parallel
	{
		settle();
#pragma omp single
		team = omp_get_num_threads();
	}
	reductions();
	barriers();
	tasks();
	exclusion();
	printf("team %d\n", team);
	return 0;
}
