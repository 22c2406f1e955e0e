/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: records of up to PIPE_BUF bytes that many threads write to one pipe never mix, and each thread's come in its order. */
#include "io.h"

#define RECORD 1000

static int ends[2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char record[RECORD];

	settle();
	if (me == 0) {
		long seen[MAX_THREADS] = { 0 };

		for (long i = 0; i < threads * iterations; i++) {
			int from;

			read_all(ends[0], record, RECORD);
			memcpy(&from, record, sizeof(from));
			CHECK(from >= 1 && from <= threads);
			CHECK(matches(record + sizeof(from), RECORD - sizeof(from),
				      (uint64_t)(seen[from - 1]++ * 100 + from)));
		}
		for (int k = 0; k < threads; k++)
			CHECK(seen[k] == iterations);
		return NULL;
	}
	for (long i = 0; i < iterations; i++) {
		int from = (int)me;

		memcpy(record, &from, sizeof(from));
		pattern(record + sizeof(from), RECORD - sizeof(from), (uint64_t)(i * 100 + from));
		CHECK(write(ends[1], record, RECORD) == RECORD);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 40);
	CHECK(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
	run_workers(threads + 1, worker);
	printf("records %ld\n", threads * iterations);
	return 0;
}
