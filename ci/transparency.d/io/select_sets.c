/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: select returns the sets of readable and writable descriptors, what is left of its time, and EBADF for one not open. */
#include <sys/select.h>

#include "io.h"

#define PIPES 10

static int ends[PIPES][2], closed;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		struct timeval limit = { 30, 0 }, none = { 0, 0 };
		fd_set readable, writable;
		int highest = 0, wanted = 0;
		char byte;

		FD_ZERO(&readable);
		FD_ZERO(&writable);
		for (int k = 0; k < PIPES; k++) {
			FD_SET(ends[k][0], &readable);
			FD_SET(ends[k][1], &writable);
			highest = ends[k][1] > highest ? ends[k][1] : highest;
			wanted += k % 4 == i % 4;
		}
		if (me == i % threads)
			for (int k = (int)(i % 4); k < PIPES; k += 4)
				CHECK(write(ends[k][1], "s", 1) == 1);
		meet();
		CHECK(select(highest + 1, &readable, &writable, NULL, &limit) == wanted + PIPES);
		CHECK(limit.tv_sec >= 0 && limit.tv_sec <= 30);
		for (int k = 0; k < PIPES; k++)
			CHECK((FD_ISSET(ends[k][0], &readable) != 0) == (k % 4 == i % 4) &&
			      FD_ISSET(ends[k][1], &writable));
		meet();
		if (me == (i + 1) % threads)
			for (int k = (int)(i % 4); k < PIPES; k += 4)
				CHECK(read(ends[k][0], &byte, 1) == 1);
		meet();
		FD_ZERO(&readable);
		FD_SET(ends[0][0], &readable);
		CHECK(select(ends[0][0] + 1, &readable, NULL, NULL, &none) == 0 && !FD_ISSET(ends[0][0], &readable));
		FD_SET(closed, &readable);
		CHECK(ERROR_OF(select(closed + 1, &readable, NULL, NULL, &none)) == EBADF);
		CHECK(ERROR_OF(select(-1, NULL, NULL, NULL, &none)) == EINVAL);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	for (int k = 0; k < PIPES; k++)
		CHECK(pipe2(ends[k], O_CLOEXEC) == 0);
	/* Low enough to be looked at: numbers past the table of open files are left out. */
	closed = dup(ends[0][0]);
	CHECK(closed >= 0 && close(closed) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
