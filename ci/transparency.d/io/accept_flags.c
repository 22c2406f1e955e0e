/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: accept4 gives each connection to one of the threads that wait for it, with the flags asked for; none is lost. */
#include "io.h"

static int listener;
static struct sockaddr_in address;
static atomic_long accepted, value;

/* Even threads accept, odd ones connect. */
static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0) {
			int flags = i % 2 ? SOCK_CLOEXEC : SOCK_NONBLOCK, fd = accept4(listener, NULL, NULL, flags);
			long got;

			CHECK(fd >= 0 && fcntl(fd, F_GETFD) == (i % 2 ? FD_CLOEXEC : 0));
			CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == (i % 2 ? 0 : O_NONBLOCK));
			CHECK(polled(fd, POLLIN, -1) & POLLIN);
			CHECK(read(fd, &got, sizeof(got)) == sizeof(got));
			atomic_fetch_add(&value, got);
			atomic_fetch_add(&accepted, 1);
			CHECK(write(fd, &got, sizeof(got)) == sizeof(got) && close(fd) == 0);
		} else {
			int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
			long mine = me * 1000 + i, got;

			CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
			CHECK(write(fd, &mine, sizeof(mine)) == sizeof(mine));
			read_all(fd, &got, sizeof(got));
			CHECK(got == mine && read(fd, &got, 1) == 0 && close(fd) == 0);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	listener = tcp_listener(&address);
	run_workers(2 * pairs(), worker);
	nonblocking(listener);
	CHECK(ERROR_OF(accept4(listener, NULL, NULL, 0)) == EAGAIN &&
	      ERROR_OF(accept4(listener, NULL, NULL, 1)) == EINVAL);
	printf("accepted %ld value %ld\n", atomic_load(&accepted), atomic_load(&value));
	return 0;
}
