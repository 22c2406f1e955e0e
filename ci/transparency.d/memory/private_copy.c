/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pages of a private file mapping that threads have written are theirs alone: neither goes to the other, file or copy. */
#include "memory.h"

static unsigned char *view;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t got[PAGE / 8];

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *own = view + me * PAGE;

		CHECK(painted(own, PAGE, (uint64_t)(i ? 100 * i : me)));
		paint(own, PAGE, (uint64_t)(100 * (i + 1)));
		CHECK(pread(fd, got, PAGE, me * PAGE) == PAGE && painted(got, PAGE, (uint64_t)(me + 7 * i)));
		/* The file changes behind the copy, which stays. */
		paint(got, PAGE, (uint64_t)(me + 7 * (i + 1)));
		CHECK(pwrite(fd, got, PAGE, me * PAGE) == PAGE);
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(painted(view + k * PAGE, PAGE, (uint64_t)(100 * (i + 1))));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	fd = painted_file("file", threads);
	view = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK((void *)view != MAP_FAILED);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, view, (size_t)threads * PAGE));
	return 0;
}
