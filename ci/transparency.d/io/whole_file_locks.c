/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: flock locks belong to the open file: descriptors opened apart exclude each other's threads, duplicates share. */
#include <sys/file.h>

#include "io.h"

static long counter;
static int shared;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = open("locked", O_RDWR | O_CLOEXEC), copy = dup(fd);

	CHECK(fd >= 0 && copy >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		long before;

		CHECK(flock(fd, LOCK_EX) == 0);
		/* Alone now, and the file holds what memory does. */
		CHECK(pread(fd, &before, sizeof(before), 0) == sizeof(before) && before == counter);
		counter++;
		before++;
		CHECK(pwrite(copy, &before, sizeof(before), 0) == sizeof(before) &&
		      flock(copy, LOCK_EX | LOCK_NB) == 0);
		CHECK(ERROR_OF(flock(shared, LOCK_SH | LOCK_NB)) == EWOULDBLOCK);
		CHECK(flock(i % 2 ? fd : copy, LOCK_UN) == 0);
	}
	meet();
	CHECK(flock(fd, LOCK_SH | LOCK_NB) == 0);
	meet();
	if (me == 0)
		CHECK(ERROR_OF(flock(shared, LOCK_EX | LOCK_NB)) == EWOULDBLOCK);
	meet();
	/* The lock goes with the last descriptor. */
	CHECK(close(fd) == 0 && close(copy) == 0);
	meet();
	if (me == 0)
		CHECK(flock(shared, LOCK_EX | LOCK_NB) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	shared = new_file("locked");
	CHECK(pwrite(shared, &counter, sizeof(counter), 0) == sizeof(counter));
	run_workers(threads, worker);
	printf("counted %ld\n", counter);
	return 0;
}
