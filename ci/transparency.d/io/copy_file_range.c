/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: copy_file_range copies between files and inside one, by given offsets or the files' own, and no further than the end. */
#include "io.h"

#define BYTES 30000

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[BYTES];
	char name[32], other[32];
	int from, to;

	snprintf(name, sizeof(name), "from-%d", (int)me);
	snprintf(other, sizeof(other), "to-%d", (int)me);
	from = new_file(name);
	to = new_file(other);
	settle();
	for (long i = 0; i < iterations; i++) {
		off64_t in = 1000, out = 3000;
		ssize_t n;

		pattern(buffer, BYTES, (uint64_t)(i + me));
		CHECK(pwrite(from, buffer, BYTES, 0) == BYTES && lseek(from, 0, SEEK_SET) == 0 &&
		      ftruncate(to, 0) == 0);
		for (size_t left = BYTES - 1000; left > 0; left -= (size_t)n) {
			n = copy_file_range(from, &in, to, &out, left + 500, 0);
			CHECK(n > 0 && (size_t)n <= left);
		}
		CHECK(in == BYTES && out == BYTES + 2000 && lseek(from, 0, SEEK_CUR) == 0);
		CHECK(copy_file_range(from, &in, to, &out, 10, 0) == 0);
		memcpy(buffer, "------", 6);
		CHECK(pread(to, buffer, 1000, 0) == 1000 && buffer[0] == 0 && buffer[999] == 0);
		pattern(buffer, 1000, (uint64_t)(i + me));
		CHECK(pread(to, buffer + 1000, BYTES - 1000, 3000) == BYTES - 1000 &&
		      matches(buffer, BYTES, (uint64_t)(i + me)));
		/* Inside one file, where the two places may not overlap. */
		in = 0;
		out = BYTES;
		CHECK(copy_file_range(from, &in, from, &out, 100, 0) == 100 && pread(from, buffer, 100, BYTES) == 100);
		CHECK(matches(buffer, 100, (uint64_t)(i + me)));
		in = 0;
		out = 50;
		CHECK(ERROR_OF(copy_file_range(from, &in, from, &out, 100, 0)) == EINVAL &&
		      ftruncate(from, BYTES) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("bytes %ld\n", threads * iterations * (BYTES - 900));
	return 0;
}
