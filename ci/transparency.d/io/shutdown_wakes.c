/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: shutdown by one thread ends the read, the accept or the poll in which others are blocked, or are about to be. */
#include "io.h"

static int ends[2], listener;
static atomic_long woken;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char byte;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == 0) {
			struct sockaddr_in address;

			CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
			listener = tcp_listener(&address);
		}
		meet();
		if (me == 0) {
			/* Sometimes before they have got there, sometimes after. */
			usleep((useconds_t)(i * 300));
			CHECK(shutdown(ends[0], SHUT_RDWR) == 0 && shutdown(listener, SHUT_RDWR) == 0);
		} else {
			if (me % 3 == 0)
				CHECK(ERROR_OF(accept(listener, NULL, NULL)) == EINVAL);
			else if (me % 3 == 1)
				CHECK(read(ends[me / 3 % 2], &byte, 1) == 0);
			else
				CHECK(polled(ends[0], POLLIN, -1) == (POLLIN | POLLHUP));
			atomic_fetch_add(&woken, 1);
		}
		meet();
		if (me == 0)
			CHECK(close(ends[0]) == 0 && close(ends[1]) == 0 && close(listener) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(threads + 1, worker);
	printf("woken %ld\n", atomic_load(&woken));
	return 0;
}
