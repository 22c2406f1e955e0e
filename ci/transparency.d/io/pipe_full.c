/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a non-blocking pipe of known size takes exactly that much, then EAGAIN, and is empty again after as much was read. */
#include "io.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char page[4096], got[4096];
	int ends[2];

	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 && fcntl(ends[1], F_SETPIPE_SZ, 16384) == 16384);
	CHECK(fcntl(ends[0], F_GETPIPE_SZ) == 16384);
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(ERROR_OF(read(ends[0], got, 1)) == EAGAIN && polled(ends[0], POLLIN, 0) == 0);
		for (int k = 0; k < 4; k++) {
			pattern(page, sizeof(page), (uint64_t)(i + me + k));
			CHECK(polled(ends[1], POLLOUT, 0) == POLLOUT &&
			      write(ends[1], page, sizeof(page)) == sizeof(page));
		}
		CHECK(ERROR_OF(write(ends[1], page, 1)) == EAGAIN && polled(ends[1], POLLOUT, 0) == 0);
		for (int k = 0; k < 4; k++) {
			CHECK(read(ends[0], got, sizeof(got)) == sizeof(got));
			CHECK(matches(got, sizeof(got), (uint64_t)(i + me + k)));
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(threads, worker);
	printf("fillings %ld\n", threads * iterations);
	return 0;
}
