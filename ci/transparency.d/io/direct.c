/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a file opened with O_DIRECT takes aligned blocks from any thread, and plain readers see them; where it is refused, plain. */
#include "io.h"

#define BLOCK 4096

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *block = aligned_alloc(BLOCK, 2 * BLOCK);
	char name[32];
	int fd, plain;

	/* From the first such file on, a program may have to stay at its origin. */
	settle();
	snprintf(name, sizeof(name), "direct-%d", (int)me);
	plain = new_file(name);
	fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0) {
		CHECK(errno == EINVAL);
		fd = open(name, O_RDWR | O_CLOEXEC);
	}
	CHECK(fd >= 0 && block);
	for (long i = 0; i < iterations; i++) {
		off_t at = i % 3 * BLOCK;

		pattern(block, 2 * BLOCK, (uint64_t)(i + me));
		CHECK(pwrite(fd, block, 2 * BLOCK, at) == 2 * BLOCK);
		memset(block, 0, 2 * BLOCK);
		CHECK(pread(plain, block, 2 * BLOCK, at) == 2 * BLOCK && matches(block, 2 * BLOCK, (uint64_t)(i + me)));
		pattern(block, BLOCK, (uint64_t)(i + 77));
		CHECK(pwrite(plain, block, BLOCK, at) == BLOCK);
		memset(block, 0, BLOCK);
		CHECK(pread(fd, block, BLOCK, at) == BLOCK && matches(block, BLOCK, (uint64_t)(i + 77)));
	}
	CHECK(pread(fd, block, BLOCK, 64 * BLOCK) == 0 && close(fd) == 0 && close(plain) == 0);
	free(block);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("blocks %ld\n", threads * iterations * 3);
	return 0;
}
