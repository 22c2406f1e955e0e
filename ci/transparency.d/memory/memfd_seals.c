/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: seals set on a memfd by a moved thread hold against all: no write, no shorter or longer, no writable mapping, no more seals. */
#include "memory.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		uint64_t got[PAGE / 8];
		unsigned char *view;

		CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0);
		view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CHECK((void *)view != MAP_FAILED);
		paint(view, PAGE, (uint64_t)(i + me));
		CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1 && errno == EBUSY);
		CHECK(munmap(view, PAGE) == 0);
		CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0);
		CHECK(fcntl(fd, F_GET_SEALS) == (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
		CHECK(pwrite(fd, "x", 1, 0) == -1 && errno == EPERM);
		CHECK(ftruncate(fd, 10) == -1 && errno == EPERM && ftruncate(fd, 2 * PAGE) == -1 && errno == EPERM);
		CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
		view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		CHECK((void *)view != MAP_FAILED && painted(view, PAGE, (uint64_t)(i + me)));
		paint(view, PAGE, 1);
		CHECK(pread(fd, got, PAGE, 0) == PAGE && painted(got, PAGE, (uint64_t)(i + me)));
		CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1 &&
		      errno == EPERM);
		CHECK(munmap(view, PAGE) == 0 && close(fd) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(threads, worker);
	printf("sealed %ld\n", threads * iterations);
	return 0;
}
