/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: shared and private file mappings used by moved threads: shared writes reach the file, private ones do not. */
#include <sys/mman.h>

#include "check.h"

#define PAGES 32
#define SIZE (PAGES * 4096)

static unsigned char *shared, *private_map;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++)
		for (int page = (int)me; page < PAGES; page += threads) {
			unsigned char *own = shared + page * 4096, *copy = private_map + page * 4096;

			CHECK(own[5] == (unsigned char)i && copy[5] == (unsigned char)(i * 2));
			memset(own, (int)i + 1, 4096);
			memset(copy, (int)(i + 1) * 2, 4096);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	FILE *file = tmpfile();
	unsigned char got[4096];
	uint64_t hash = HASH_START;
	int fd;

	arguments(argc, argv, 20);
	CHECK(file);
	fd = fileno(file);
	CHECK(ftruncate(fd, SIZE) == 0);
	shared = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private_map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(shared != MAP_FAILED && private_map != MAP_FAILED);
	for (int page = 0; page < PAGES; page++)
		private_map[page * 4096] = 0;
	run_threads(threads, worker);
	CHECK(msync(shared, SIZE, MS_SYNC) == 0);
	for (int page = 0; page < PAGES; page++) {
		CHECK(pread(fd, got, 4096, page * 4096) == 4096);
		for (int i = 0; i < 4096; i++)
			CHECK(got[i] == (unsigned char)iterations);
		hash = hash_bytes(hash, got, 4096);
		CHECK(private_map[page * 4096 + 9] == (unsigned char)(iterations * 2));
	}
	printf("hash %016llx\n", (unsigned long long)hash);
	return 0;
}
