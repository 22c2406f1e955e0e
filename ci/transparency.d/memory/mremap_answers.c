/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mremap, munmap, mprotect and mmap refuse wrong requests of any thread with the native errors and change nothing. */
#include "memory.h"

static int remap_error(void *at, size_t old, size_t new, int flags, void *to)
{
	return mremap(at, old, new, flags, to) == MAP_FAILED ? errno : 0;
}

static int map_error(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	void *got = mmap(at, bytes, protection, flags, fd, offset);

	return got == MAP_FAILED ? errno : 0;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = new_pages(4);

	settle();
	paint(own, 4 * PAGE, (uint64_t)me);
	for (long i = 0; i < iterations; i++) {
		CHECK(remap_error(own + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL) == EINVAL);
		CHECK(remap_error(own, PAGE, 0, MREMAP_MAYMOVE, NULL) == EINVAL);
		CHECK(remap_error(own, PAGE, PAGE, MREMAP_FIXED, own + 2 * PAGE) == EINVAL);
		CHECK(remap_error(own, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, own + PAGE) == EINVAL);
		CHECK(remap_error(own, PAGE, 2 * PAGE, 0, NULL) == ENOMEM);
		CHECK(remap_error((void *)PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL) == EFAULT);
		CHECK(munmap(own + 1, PAGE) == -1 && errno == EINVAL && munmap(own, 0) == -1 && errno == EINVAL);
		CHECK(mprotect(own + 1, PAGE, PROT_READ) == -1 && errno == EINVAL);
		CHECK(mprotect((void *)PAGE, PAGE, PROT_READ) == -1 && errno == ENOMEM);
		CHECK(map_error(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == EINVAL);
		CHECK(map_error(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == EINVAL);
		CHECK(map_error(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0) == EBADF);
		CHECK(map_error(own + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == EINVAL);
		CHECK(map_error(NULL, (size_t)1 << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == ENOMEM);
		CHECK(painted(own, 4 * PAGE, (uint64_t)me));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(threads, worker);
	printf("refused %ld\n", threads * iterations * 15);
	return 0;
}
