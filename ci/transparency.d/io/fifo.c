/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: opening a named pipe waits for the other end's thread, carries bytes, ends, and refuses a writer alone without waiting. */
#include "io.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[2000];
	char name[32];

	snprintf(name, sizeof(name), "fifo-%d", (int)(me / 2));
	settle();
	for (long i = 0; i < iterations; i++) {
		int fd;

		if (me % 2 == 0) {
			CHECK(ERROR_OF(open(name, O_WRONLY | O_NONBLOCK)) == ENXIO);
			meet();
			usleep((useconds_t)(i % 3 * 300));
			fd = open(name, O_WRONLY | O_CLOEXEC);
			pattern(buffer, 2000, (uint64_t)(i + me));
			CHECK(fd >= 0 && write(fd, buffer, 2000) == 2000 && close(fd) == 0);
		} else {
			meet();
			usleep((useconds_t)(i % 2 * 400));
			fd = open(name, O_RDONLY | O_CLOEXEC);
			CHECK(fd >= 0);
			read_all(fd, buffer, 2000);
			CHECK(matches(buffer, 2000, (uint64_t)(i + me - 1)) && read(fd, buffer, 1) == 0 &&
			      close(fd) == 0);
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char name[32];

	arguments(argc, argv, 10);
	for (int k = 0; k < pairs(); k++) {
		snprintf(name, sizeof(name), "fifo-%d", k);
		CHECK(mkfifo(name, 0600) == 0);
	}
	run_workers(2 * pairs(), worker);
	for (int k = 0; k < pairs(); k++) {
		snprintf(name, sizeof(name), "fifo-%d", k);
		CHECK(unlink(name) == 0);
	}
	printf("openings %ld\n", 2 * pairs() * iterations);
	return 0;
}
