/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: flock and fcntl(F_SETLKW) on a file that another process holds end with EINTR without SA_RESTART. */
#include <fcntl.h>
#include <sys/file.h>

#include "signals.h"

static int file;

static void body(void)
{
	struct flock whole = { .l_type = F_WRLCK };

	for (long i = 0; i < iterations; i++) {
		CHECK(flock(file, LOCK_EX) == -1 && errno == EINTR);
		CHECK(fcntl(file, F_SETLKW, &whole) == -1 && errno == EINTR);
	}
}

int main(int argc, char **argv)
{
	struct flock whole = { .l_type = F_WRLCK };
	int ready[2], go[2], other;
	pid_t child;
	char byte;

	arguments(argc, argv, 3);
	file = open("locked", O_RDWR | O_CREAT, 0600);
	CHECK(file >= 0 && pipe(ready) == 0 && pipe(go) == 0);
	child = fork();
	if (child == 0) {
		close(go[1]);
		other = open("locked", O_RDWR);
		CHECK(other >= 0 && flock(other, LOCK_EX) == 0 && fcntl(other, F_SETLK, &whole) == 0);
		CHECK(write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 0);
		_exit(0);
	}
	CHECK(read(ready[0], &byte, 1) == 1);
	interrupt_workers(0, body);
	close(go[1]);
	CHECK(wait_for(child) == 0 && flock(file, LOCK_EX) == 0 && unlink("locked") == 0);
	printf("interrupted %ld\n", 2 * threads * iterations);
	return 0;
}
