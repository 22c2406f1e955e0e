/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program of one thread can be moved whole: integer and floating-point work, memory, files and output. */
#include <math.h>

#include "check.h"

int main(int argc, char **argv)
{
	uint64_t state = 123456789, hash = HASH_START, *table;
	double sum = 0;
	FILE *file;

	arguments(argc, argv, 60);
	settle();
	table = calloc(1 << 15, sizeof(*table));
	file = tmpfile();
	CHECK(table && file);
	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < 20000; k++) {
			uint64_t random = xorshift(&state);

			table[random % (1 << 15)] ^= random;
			sum += sqrt((double)(random % 1000000));
		}
		CHECK(fprintf(file, "%ld %.3f\n", i, sum) > 0);
	}
	rewind(file);
	for (long i = 0; i < iterations; i++) {
		long number;
		double value;

		CHECK(fscanf(file, "%ld %lf", &number, &value) == 2 && number == i);
		hash = hash_bytes(hash, &value, sizeof(value));
	}
	hash = hash_bytes(hash, table, (1 << 15) * sizeof(*table));
	printf("hash %016llx sum %.3f\n", (unsigned long long)hash, sum);
	return 0;
}
