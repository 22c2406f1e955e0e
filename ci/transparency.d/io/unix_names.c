/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: Unix sockets by path and by abstract name: bind, accept, the peers' names, refusal after close, and the file itself. */
#include <sys/un.h>

#include "io.h"

static struct sockaddr_un at_path(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	CHECK(strlen(name) < sizeof(address.sun_path));
	strcpy(address.sun_path, name);
	return address;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[32], byte;

	settle();
	snprintf(name, sizeof(name), "socket-%d", (int)me);
	for (long i = 0; i < iterations; i++) {
		struct sockaddr_un address = at_path(name), got, abstract;
		int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), hidden, one, two;
		socklen_t length = sizeof(got);
		struct stat st;

		CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
		CHECK(stat(name, &st) == 0 && S_ISSOCK(st.st_mode));
		hidden = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(ERROR_OF(bind(hidden, (struct sockaddr *)&address, sizeof(address))) == EADDRINUSE);
		CHECK(ERROR_OF(connect(hidden, (struct sockaddr *)&address, sizeof(address))) == ECONNREFUSED);
		CHECK(listen(listener, 5) == 0 && connect(hidden, (struct sockaddr *)&address, sizeof(address)) == 0);
		one = accept4(listener, (struct sockaddr *)&got, &length, SOCK_CLOEXEC);
		CHECK(one >= 0 && length == sizeof(sa_family_t));
		length = sizeof(got);
		CHECK(getpeername(hidden, (struct sockaddr *)&got, &length) == 0 && strcmp(got.sun_path, name) == 0);
		CHECK(write(hidden, "n", 1) == 1 && read(one, &byte, 1) == 1 && byte == 'n');
		CHECK(close(hidden) == 0 && close(one) == 0 && close(listener) == 0);
		one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(ERROR_OF(connect(one, (struct sockaddr *)&address, sizeof(address))) == ECONNREFUSED);
		CHECK(unlink(name) == 0);
		CHECK(ERROR_OF(connect(one, (struct sockaddr *)&address, sizeof(address))) == ENOENT);
		/* A name that the kernel chooses: a zero byte and five digits. */
		hidden = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		address.sun_path[0] = 0;
		CHECK(bind(hidden, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 && listen(hidden, 1) == 0);
		length = sizeof(abstract);
		CHECK(getsockname(hidden, (struct sockaddr *)&abstract, &length) == 0);
		CHECK(length == sizeof(sa_family_t) + 6 && abstract.sun_path[0] == 0);
		CHECK(connect(one, (struct sockaddr *)&abstract, length) == 0);
		two = accept(hidden, NULL, NULL);
		CHECK(two >= 0 && close(one) == 0 && read(two, &byte, 1) == 0 && close(two) == 0 && close(hidden) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("sockets %ld\n", threads * iterations);
	return 0;
}
