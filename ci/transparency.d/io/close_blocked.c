/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a descriptor closed while another thread reads from it leaves that read to its end; later ones are EBADF. */
#include <signal.h>

#include "io.h"

static int ends[MAX_THREADS][2];
static atomic_long finished;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, other = me ^ 1;
	char byte = 0;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0)
			CHECK(pipe2(ends[me], O_CLOEXEC) == 0);
		meet();
		if (me % 2) {
			/* Whether it had begun in time is open; a read that had gets the byte. */
			ssize_t got = read(ends[other][0], &byte, 1);

			CHECK((got == 1 && byte == 'b') || (got == -1 && errno == EBADF));
			CHECK(ERROR_OF(read(ends[other][0], &byte, 1)) == EBADF);
			atomic_fetch_add(&finished, 1);
		} else {
			ssize_t put;

			usleep((useconds_t)(i * 200));
			CHECK(close(ends[me][0]) == 0);
			put = write(ends[me][1], "b", 1);
			CHECK(put == 1 || errno == EPIPE);
			CHECK(ERROR_OF(close(ends[me][0])) == EBADF);
		}
		meet();
		if (me % 2 == 0)
			CHECK(close(ends[me][1]) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	signal(SIGPIPE, SIG_IGN);
	run_workers(2 * pairs(), worker);
	printf("finished %ld\n", atomic_load(&finished));
	return 0;
}
