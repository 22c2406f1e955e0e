/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: code written through one mapping of a memfd runs through another, executable one, in every thread, also when rewritten. */
#include "memory.h"

static unsigned char *writable, *executable;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	long sum = 0;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *own = writable + me * PAGE;
		int value = (int)(i * 100 + me);

		/* mov eax, value; ret */
		own[0] = 0xb8;
		memcpy(own + 1, &value, 4);
		own[5] = 0xc3;
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(((int (*)(void))(uintptr_t)(executable + k * PAGE))() == (int)(i * 100 + k));
		sum += threads;
		meet();
	}
	return (void *)sum;
}

int main(int argc, char **argv)
{
	size_t bytes;
	int fd;

	arguments(argc, argv, 20);
	catch_faults();
	bytes = (size_t)threads * PAGE;
	fd = memfd_create("code", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	writable = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	executable = mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	CHECK((void *)writable != MAP_FAILED && (void *)executable != MAP_FAILED);
	CHECK(try_write(executable, 1) == SEGV_ACCERR);
	run_workers(threads, worker);
	printf("calls %ld\n", threads * threads * iterations);
	return 0;
}
