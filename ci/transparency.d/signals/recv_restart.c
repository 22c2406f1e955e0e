/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: recv goes on after handlers with SA_RESTART, in one call and then the next, and returns what is sent later. */
#include <sys/socket.h>

#include "signals.h"

static int ends[MAX_THREADS][2];

static void body(void)
{
	char text[8] = "";

	CHECK(recv(ends[me][0], text, 1, 0) == 1 && text[0] == 'x');
	CHECK(recv(ends[me][0], text, 4, 0) == 4 && memcmp(text, "word", 5) == 0);
}

static void release(int i)
{
	CHECK(send(ends[i][1], "x", 1, 0) == 1);
	/* The second call waits too, for a moment or not at all. */
	varied_pause(i);
	CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
	while (atomic_load(&caught[i]) <= iterations)
		usleep(50);
	CHECK(send(ends[i][1], "word", 4, 0) == 4);
	atomic_fetch_sub(&caught[i], 1);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	for (int i = 0; i < threads; i++)
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]) == 0);
	restart_workers(body, release);
	printf("restarted %ld\n", threads * (iterations + 1));
	return 0;
}
