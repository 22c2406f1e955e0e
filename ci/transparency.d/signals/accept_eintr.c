/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: accept on a socket that nobody connects to ends with EINTR when the handler has no SA_RESTART. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "signals.h"

static int listener;

static void body(void)
{
	for (long i = 0; i < iterations; i++)
		CHECK(accept(listener, NULL, NULL) == -1 && errno == EINTR);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	arguments(argc, argv, 6);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listener, 8) == 0);
	interrupt_workers(0, body);
	printf("interrupted %ld\n", threads * iterations);
	return 0;
}
