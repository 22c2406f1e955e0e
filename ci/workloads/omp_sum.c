/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: OpenMP's team, its barriers, reductions and dynamic schedules give the same on several nodes. */
#include <omp.h>

#include "check.h"

int main(int argc, char **argv)
{
	static uint64_t cells[4096];
	uint64_t sum = 0, hash;

	arguments(argc, argv, 20);
	omp_set_num_threads(threads);
#pragma omp parallel
	settle();
	for (long round = 0; round < iterations; round++) {
#pragma omp parallel for schedule(dynamic, 64) reduction(+ : sum)
		for (int i = 0; i < 4096; i++) {
			uint64_t state = (uint64_t)(i + 1) * 2654435761u + (uint64_t)round;

			for (int k = 0; k < 50; k++)
				xorshift(&state);
			cells[i] += state;
			sum += state >> 32;
		}
	}
	hash = hash_bytes(HASH_START, cells, sizeof(cells));
	printf("sum %llu hash %016llx\n", (unsigned long long)sum, (unsigned long long)hash);
	return 0;
}
