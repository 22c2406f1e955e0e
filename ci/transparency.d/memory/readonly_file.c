/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a file open for reading maps shared for reading only: no thread can write it or make it writable; a private map can. */
#include "memory.h"

static unsigned char *shared, *private;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(painted(shared + me * PAGE, PAGE, (uint64_t)me) &&
		      try_write(shared + me * PAGE, 1) == SEGV_ACCERR);
		CHECK(mprotect(shared + me * PAGE, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
		CHECK(mprotect(shared + me * PAGE, PAGE, PROT_NONE) == 0 &&
		      try_read(shared + me * PAGE) == SEGV_ACCERR);
		CHECK(mprotect(shared + me * PAGE, PAGE, PROT_READ) == 0);
		CHECK(try_write(private + me * PAGE, 1) == SEGV_ACCERR);
		CHECK(mprotect(private + me * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
		paint(private + me * PAGE, PAGE, (uint64_t)(me + 30));
		CHECK(mprotect(private + me * PAGE, PAGE, PROT_READ) == 0);
		meet();
		CHECK(painted(private + (me + 1) % threads * PAGE, PAGE, (uint64_t)((me + 1) % threads + 30)));
		CHECK(painted(shared + me * PAGE, PAGE, (uint64_t)me));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t bytes;
	int fd;

	arguments(argc, argv, 6);
	catch_faults();
	bytes = (size_t)threads * PAGE;
	CHECK(close(painted_file("file", threads)) == 0);
	fd = open("file", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	shared = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	private = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK((void *)shared != MAP_FAILED && (void *)private != MAP_FAILED);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
