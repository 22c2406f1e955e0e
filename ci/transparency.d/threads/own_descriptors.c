/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: after unshare(CLONE_FILES) a thread opens and closes descriptors that the others neither gain nor lose. */
#include <sched.h>

#include "threads.h"

static int shared_fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	CHECK(fcntl(shared_fd, F_GETFD) >= 0);
	meet();
	CHECK(unshare(CLONE_FILES) == 0);
	for (long i = 0; i < iterations; i++) {
		int ends[2], fd;
		char byte = (char)('a' + me), got;

		CHECK(pipe(ends) == 0);
		fd = dup2(ends[0], 200);
		CHECK(fd == 200);
		meet();
		/* All have a 200 now, each its own. */
		CHECK(write(ends[1], &byte, 1) == 1 && read(200, &got, 1) == 1 && got == byte);
		meet();
		if (i % threads == me)
			CHECK(close(200) == 0);
		meet();
		CHECK((fcntl(200, F_GETFD) == -1) == (i % threads == me));
		if (i % threads != me)
			CHECK(close(200) == 0);
		CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
	}
	CHECK(close(shared_fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	shared_fd = open("/dev/null", O_RDONLY);
	CHECK(shared_fd >= 0);
	run_workers(worker);
	CHECK(fcntl(shared_fd, F_GETFD) >= 0 && fcntl(200, F_GETFD) == -1);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
