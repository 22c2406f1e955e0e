/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler sees and changes its own thread's variables, and errno saved and put back by it is the interrupted code's. */
#include <fcntl.h>

#include "signals.h"

static __thread volatile long mine;
static __thread char name[16];

static void on_signal(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	CHECK(name[0] == 'a' + me && mine == atomic_load(&caught[me]));
	CHECK(close(-1) == -1 && errno == EBADF);
	mine++;
	count_signal(number, info, context);
	errno = saved;
}

static void body(void)
{
	name[0] = (char)('a' + me);
	for (long n = 1; n <= iterations; n++) {
		errno = 1000 + me;
		await_signal(n);
		while (atomic_load(&caught[me]) < n)
			CHECK(errno == 1000 + me);
		CHECK(errno == 1000 + me && mine == n);
		CHECK(open("/nonexistent", 0) == -1 && errno == ENOENT);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 25);
	handle(SIGUSR1, on_signal, 0);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("kept %ld\n", threads * iterations);
	return 0;
}
