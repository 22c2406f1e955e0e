/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a writable private mapping of a file is refused as the kernel refuses it, and one that is refused replaces nothing. */
#include "memory.h"
#include <sys/syscall.h>

#ifndef MAP_SYNC
#define MAP_SYNC 0x80000
#endif

static int both, writing, nowhere, directory, pipes[2];

/* By the system call itself: the C library looks at the offset first. */
static long map(void *at, size_t length, int flags, int fd, unsigned long offset)
{
	long result = syscall(SYS_mmap, at, length, PROT_READ | PROT_WRITE, flags, fd, offset);

	return result == -1 ? -errno : result;
}

static int refused(int flags, int fd, unsigned long offset)
{
	long result = map(NULL, PAGE, flags, fd, offset);

	if (result > 0)
		CHECK(munmap((void *)result, PAGE) == 0);
	return result > 0 ? 0 : (int)-result;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *old = new_pages(3);

	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t seed = (uint64_t)(me + 8 * i);

		paint(old, 3 * PAGE, seed);
		CHECK(refused(MAP_PRIVATE, both, PAGE) == 0);
		CHECK(refused(MAP_PRIVATE, both, 100) == EINVAL);
		CHECK(refused(MAP_PRIVATE, writing, 0) == EACCES);
		CHECK(refused(MAP_PRIVATE, nowhere, 0) == EBADF);
		CHECK(refused(MAP_PRIVATE, -1, 0) == EBADF);
		CHECK(refused(MAP_PRIVATE, directory, 0) == ENODEV);
		CHECK(refused(MAP_PRIVATE, pipes[0], 0) == ENODEV);
		CHECK(refused(MAP_PRIVATE | MAP_HUGETLB, both, 0) == EINVAL);
		CHECK(refused(MAP_PRIVATE | MAP_GROWSDOWN, both, 0) == EINVAL);
		CHECK(refused(MAP_SHARED_VALIDATE | MAP_SYNC, both, 0) == EOPNOTSUPP);
		CHECK(refused(0, both, 0) == EINVAL);
		CHECK(refused(MAP_PRIVATE, both, (unsigned long)-PAGE) == EOVERFLOW);
		CHECK(map(NULL, 0, MAP_PRIVATE, both, 0) == -EINVAL);
		CHECK(map(NULL, 1ul << 50, MAP_PRIVATE, both, 0) == -ENOMEM);
		CHECK(map(old, PAGE, MAP_PRIVATE | MAP_FIXED_NOREPLACE, both, 0) == -EEXIST);
		CHECK(map(old, PAGE, MAP_PRIVATE | MAP_FIXED, both, 100) == -EINVAL);
		CHECK(map(old + 1, PAGE, MAP_PRIVATE | MAP_FIXED, both, 0) == -EINVAL);
		CHECK(map(old, 0, MAP_PRIVATE | MAP_FIXED, both, 0) == -EINVAL);
		CHECK(map(old, PAGE, MAP_PRIVATE | MAP_FIXED, writing, 0) == -EACCES);
		CHECK(map(old, PAGE, MAP_PRIVATE | MAP_FIXED, directory, 0) == -ENODEV);
		CHECK(map(old, PAGE, MAP_PRIVATE | MAP_FIXED | MAP_HUGETLB, both, 0) == -EINVAL);
		CHECK(map(old, PAGE, MAP_PRIVATE | MAP_FIXED, both, (unsigned long)-PAGE) == -EOVERFLOW);
		CHECK(painted(old, 3 * PAGE, seed));
		CHECK(map(old + PAGE, 5, MAP_PRIVATE | MAP_FIXED, both, PAGE) == (long)(old + PAGE));
		CHECK(painted(old, PAGE, seed) && painted(old + PAGE, PAGE, 1));
		paint(old, 3 * PAGE, seed);
	}
	CHECK(munmap(old, 3 * PAGE) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	both = painted_file("file", 2);
	writing = open("file", O_WRONLY | O_CLOEXEC);
	nowhere = open("file", O_PATH | O_CLOEXEC);
	directory = open(".", O_RDONLY | O_CLOEXEC);
	CHECK(writing >= 0 && nowhere >= 0 && directory >= 0 && pipe(pipes) == 0 && unlink("file") == 0);
	/* With no permission left, only what was opened counts. */
	CHECK(fchmod(both, 0) == 0);
	run_workers(threads, worker);
	printf("refused %ld\n", iterations);
	return 0;
}
