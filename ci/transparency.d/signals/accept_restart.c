/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: accept goes on after handlers with SA_RESTART until a connection comes, and then talks over it. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "signals.h"

static int listeners[MAX_THREADS];

static void body(void)
{
	char byte = 0;
	int connection = accept(listeners[me], NULL, NULL);

	CHECK(connection >= 0 && read(connection, &byte, 1) == 1 && byte == 'a' + me);
	CHECK(close(connection) == 0);
}

static void release(int i)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	char byte = (char)('a' + i);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(getsockname(listeners[i], (struct sockaddr *)&address, &length) == 0);
	CHECK(connect(client, (struct sockaddr *)&address, length) == 0 && write(client, &byte, 1) == 1);
	close(client);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	arguments(argc, argv, 10);
	for (int i = 0; i < threads; i++) {
		listeners[i] = socket(AF_INET, SOCK_STREAM, 0);
		CHECK(bind(listeners[i], (struct sockaddr *)&address, sizeof(address)) == 0);
		CHECK(listen(listeners[i], 1) == 0);
	}
	restart_workers(body, release);
	printf("restarted %ld\n", threads * iterations);
	return 0;
}
