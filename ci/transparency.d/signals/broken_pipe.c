/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: writing to a pipe or socket without reader is SIGPIPE in the writing thread and EPIPE; MSG_NOSIGNAL sends none. */
#include <sys/socket.h>

#include "signals.h"

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		int ends[2];

		CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
		CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && atomic_load(&caught[me]) == 3 * i - 2);
		CHECK(close(ends[1]) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && close(ends[0]) == 0);
		CHECK(send(ends[1], "x", 1, 0) == -1 && errno == EPIPE && atomic_load(&caught[me]) == 3 * i - 1);
		CHECK(send(ends[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
		CHECK(atomic_load(&caught[me]) == 3 * i - 1);
		mask(SIG_BLOCK, SIGPIPE);
		CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && is_pending(SIGPIPE));
		mask(SIG_UNBLOCK, SIGPIPE);
		CHECK(atomic_load(&caught[me]) == 3 * i && close(ends[1]) == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGPIPE, count_signal, 0);
	start_workers(body);
	end_workers();
	printf("broken %ld\n", 3 * threads * iterations);
	return 0;
}
