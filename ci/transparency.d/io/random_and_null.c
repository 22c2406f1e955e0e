/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: getrandom fills what it is asked for and differs each time; /dev/zero, /dev/null and /dev/full do what they are for. */
#include <sys/random.h>

#include "io.h"

static uint64_t drawn[MAX_THREADS][4];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[10000];
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), random_fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	CHECK(zero >= 0 && null >= 0 && random_fd >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		int nonzero = 0;

		memset(buffer, 0, sizeof(buffer));
		CHECK(getrandom(buffer, 256, 0) == 256 && buffer[256] == 0);
		for (int k = 0; k < 256; k++)
			nonzero += buffer[k] != 0;
		/* 256 random bytes with over 100 zeros do not happen. */
		CHECK(nonzero > 156 && getrandom(drawn[me], 16, GRND_NONBLOCK) == 16);
		read_all(random_fd, &drawn[me][2], 16);
		CHECK(read(zero, buffer, sizeof(buffer)) == sizeof(buffer));
		for (size_t k = 0; k < sizeof(buffer); k++)
			CHECK(buffer[k] == 0);
		CHECK(write(zero, buffer, 9000) == 9000 && write(null, buffer, 9000) == 9000 &&
		      read(null, buffer, 10) == 0);
		CHECK(full < 0 || ERROR_OF(write(full, buffer, 1)) == ENOSPC);
		meet();
		for (int t = 0; t < threads; t++)
			for (int k = 0; k < 4; k++)
				CHECK((t == me && k == 0) || drawn[t][k] != drawn[me][0]);
		meet();
	}
	CHECK(ERROR_OF(getrandom(buffer, 1, 0x1000)) == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
