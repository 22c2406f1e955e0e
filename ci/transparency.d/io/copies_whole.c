/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a long copy between files, by sendfile or copy_file_range, is made whole by one call, wherever its thread goes. */
#include <sys/sendfile.h>

#include "io.h"

#define BYTES (24l << 20)
#define EDGE 5000

static int source, copies[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	static __thread unsigned char bytes[EDGE];

	settle();
	for (long i = 0; i < iterations; i++) {
		off_t from = i % 3, to = 0, whole = BYTES - from;

		CHECK(ftruncate(copies[me], 0) == 0 && lseek(copies[me], 0, SEEK_SET) == 0);
		if (i % 2)
			CHECK(copy_file_range(source, &from, copies[me], &to, (size_t)whole, 0) == whole && to == whole);
		else
			CHECK(sendfile(copies[me], source, &from, (size_t)whole) == whole);
		CHECK(from == BYTES && lseek(copies[me], 0, SEEK_END) == whole);
		CHECK(pread(copies[me], bytes, EDGE, whole - EDGE) == EDGE && matches(bytes, EDGE, 7));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char bytes[EDGE];

	arguments(argc, argv, 8);
	source = new_file("source");
	pattern(bytes, EDGE, 7);
	CHECK(ftruncate(source, BYTES) == 0 && pwrite(source, bytes, EDGE, BYTES - EDGE) == EDGE);
	for (int i = 0; i < threads; i++) {
		char name[] = "copy.";

		name[4] = (char)('0' + i);
		copies[i] = new_file(name);
	}
	run_workers(threads, worker);
	for (int i = 0; i < threads; i++)
		CHECK(ftruncate(copies[i], 0) == 0);
	printf("copies %ld\n", threads * iterations);
	return 0;
}
