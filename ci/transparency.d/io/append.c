/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: records that threads append through one or several descriptors are all there, whole, and each thread's in its order. */
#include "io.h"

#define RECORD 120

static int shared;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	/* Even threads share a descriptor, odd ones open their own. */
	int fd = me % 2 ? open("log", O_WRONLY | O_APPEND | O_CLOEXEC) : shared;
	unsigned char record[RECORD];

	CHECK(fd >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		pattern(record, RECORD, (uint64_t)(i * 100 + me));
		record[0] = (unsigned char)me;
		CHECK(write(fd, record, RECORD) == RECORD);
		/* Appending ignores where the descriptor was put. */
		if (i % 4 == 0)
			CHECK(lseek(fd, 0, SEEK_SET) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char record[RECORD], first[RECORD];
	long seen[MAX_THREADS] = { 0 };
	int fd;

	arguments(argc, argv, 40);
	shared = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	fd = open("log", O_RDONLY | O_CLOEXEC);
	CHECK(shared >= 0 && fd >= 0);
	run_workers(threads, worker);
	for (long i = 0; i < threads * iterations; i++) {
		CHECK(read(fd, record, RECORD) == RECORD && record[0] < threads);
		pattern(first, RECORD, (uint64_t)(seen[record[0]]++ * 100 + record[0]));
		first[0] = record[0];
		CHECK(memcmp(record, first, RECORD) == 0);
	}
	CHECK(read(fd, record, RECORD) == 0 && unlink("log") == 0);
	printf("records %ld\n", threads * iterations);
	return 0;
}
