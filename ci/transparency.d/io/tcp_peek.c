/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: MSG_PEEK leaves bytes where they are, MSG_WAITALL waits for all of them, MSG_DONTWAIT for none; FIONREAD counts. */
#include <sys/ioctl.h>

#include "io.h"

#define BYTES 30000

static int ends[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int fd = ends[me / 2][me % 2], count;
	unsigned char buffer[BYTES];

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0) {
			char go;

			pattern(buffer, BYTES, (uint64_t)i);
			/* In pieces, so that waiting for all means waiting. */
			for (int at = 0; at < BYTES; at += 1500)
				write_all(fd, buffer + at, 1500);
			read_all(fd, &go, 1);
			CHECK(go == 'g');
		} else {
			CHECK(recv(fd, buffer, 100, MSG_PEEK | MSG_WAITALL) == 100 &&
			      matches(buffer, 100, (uint64_t)i));
			memset(buffer, 0, 100);
			CHECK(ioctl(fd, FIONREAD, &count) == 0 && count >= 100 && count <= BYTES);
			CHECK(recv(fd, buffer, BYTES, MSG_WAITALL) == BYTES && matches(buffer, BYTES, (uint64_t)i));
			CHECK(ioctl(fd, FIONREAD, &count) == 0 && count == 0);
			CHECK(ERROR_OF(recv(fd, buffer, 1, MSG_DONTWAIT)) == EAGAIN);
			CHECK(send(fd, "g", 1, 0) == 1);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	for (int i = 0; i < pairs(); i++)
		tcp_pair(ends[i]);
	run_workers(2 * pairs(), worker);
	printf("bytes %ld\n", pairs() * iterations * BYTES);
	return 0;
}
