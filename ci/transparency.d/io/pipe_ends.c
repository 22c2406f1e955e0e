/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a pipe without readers is EPIPE and SIGPIPE to the thread that writes, one without writers is the end for all readers. */
#include <signal.h>

#include "io.h"

static __thread volatile long signals;
static int ends[2];

static void count(int number)
{
	(void)number;
	signals++;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char got[8];

	settle();
	for (long i = 0; i < iterations; i++) {
		int own[2];

		CHECK(pipe2(own, O_CLOEXEC) == 0 && write(own[1], "abc", 3) == 3 && close(own[0]) == 0);
		CHECK(polled(own[1], POLLOUT, 0) == (POLLOUT | POLLERR));
		CHECK(ERROR_OF(write(own[1], "d", 1)) == EPIPE && signals == i + 1 && close(own[1]) == 0);
		if (me == i % threads)
			CHECK(pipe2(ends, O_CLOEXEC) == 0);
		meet();
		/* All but one wait for the end, which the last one makes. */
		if (me == (i + 1) % threads)
			CHECK(close(ends[1]) == 0);
		CHECK(read(ends[0], got, sizeof(got)) == 0 && polled(ends[0], POLLIN, -1) == POLLHUP);
		meet();
		if (me == i % threads)
			CHECK(close(ends[0]) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = count };

	arguments(argc, argv, 8);
	CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
