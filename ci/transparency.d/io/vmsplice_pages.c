/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: vmsplice puts memory that several threads wrote into a pipe, and takes a pipe's bytes into memory that others read. */
#include <sys/uio.h>

#include "io.h"

#define PARTS 8

static unsigned char *area;
static int ends[2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct iovec parts[PARTS];

	settle();
	for (long i = 0; i < iterations; i++) {
		ssize_t total = 0;

		for (int k = 0; k < PARTS; k++) {
			parts[k] = (struct iovec){ area + k * 4096 + k * 10, 1000 + (size_t)k * 100 };
			total += (ssize_t)parts[k].iov_len;
			if (k % threads == me)
				pattern(parts[k].iov_base, parts[k].iov_len, (uint64_t)(i + k));
		}
		meet();
		if (me == i % threads)
			CHECK(vmsplice(ends[1], parts, PARTS, 0) == total);
		meet();
		/* The memory is in the pipe, not a copy: it stays unwritten until it is read. */
		if (me == (i + 1) % threads) {
			for (int k = 0; k < PARTS; k++)
				parts[k].iov_base = area + (PARTS + k) * 4096;
			if (i % 2)
				CHECK(vmsplice(ends[0], parts, PARTS, 0) == total);
			else
				CHECK(readv(ends[0], parts, PARTS) == total);
		}
		meet();
		for (int k = 0; k < PARTS; k++)
			CHECK(matches(area + (PARTS + k) * 4096, 1000 + (size_t)k * 100, (uint64_t)(i + k)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	area = mmap(NULL, 2 * PARTS * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)area != MAP_FAILED && pipe2(ends, O_CLOEXEC) == 0);
	run_workers(threads, worker);
	printf("parts %ld\n", iterations * PARTS);
	return 0;
}
