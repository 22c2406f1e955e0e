/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals that are ignored, by choice or by default, interrupt neither poll nor a sleep nor a read. */
#include <poll.h>

#include "signals.h"

static int ends[MAX_THREADS][2];

static void body(void)
{
	struct timespec nap = { 0, 15000000 };
	struct pollfd one = { .fd = ends[me][0], .events = POLLIN };
	char byte;

	await_signal(1);
	CHECK(nanosleep(&nap, NULL) == 0);
	CHECK(poll(&one, 1, -1) == 1 && one.revents == POLLIN);
	CHECK(read(ends[me][0], &byte, 1) == 1);
	CHECK(read(ends[me][0], &byte, 1) == 1);
}

int main(int argc, char **argv)
{
	static const int numbers[] = { SIGUSR1, SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	arguments(argc, argv, 12);
	CHECK(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(ends[i]) == 0);
	start_workers(body);
	for (long n = 0; n < 2 * iterations; n++) {
		for (int i = 0; i < threads; i++) {
			while (atomic_load(&awaited[i]) < 1)
				usleep(50);
			CHECK(pthread_kill(ids[i], numbers[n % 5]) == 0);
			if (n == iterations)
				CHECK(write(ends[i][1], "x", 1) == 1);
		}
		varied_pause(n);
	}
	for (int i = 0; i < threads; i++)
		CHECK(write(ends[i][1], "y", 1) == 1);
	end_workers();
	printf("ignored %ld\n", 2 * threads * iterations);
	return 0;
}
