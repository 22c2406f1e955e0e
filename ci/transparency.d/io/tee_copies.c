/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: tee copies a pipe's bytes to another pipe and leaves them in the first, for the threads that read either. */
#include "io.h"

static int one[MAX_THREADS][2], two[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, pair = me / 2;
	unsigned char buffer[3000];

	settle();
	for (long i = 0; i < iterations; i++) {
		size_t length = 1 + (size_t)(i * 331 % 2999);

		if (me % 2 == 0) {
			pattern(buffer, length, (uint64_t)i);
			CHECK(write(one[pair][1], buffer, length) == (ssize_t)length);
			meet();
			CHECK(tee(one[pair][0], two[pair][1], 65536, 0) == (ssize_t)length);
			meet();
			read_all(one[pair][0], buffer, length);
		} else {
			meet();
			meet();
			read_all(two[pair][0], buffer, length);
		}
		CHECK(matches(buffer, length, (uint64_t)i));
		meet();
		CHECK(ERROR_OF(tee(one[pair][0], two[pair][1], 10, SPLICE_F_NONBLOCK)) == EAGAIN);
		CHECK(ERROR_OF(tee(one[pair][0], one[pair][1], 10, 0)) == EINVAL);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	for (int k = 0; k < pairs(); k++)
		CHECK(pipe2(one[k], O_CLOEXEC) == 0 && pipe2(two[k], O_CLOEXEC) == 0);
	run_workers(2 * pairs(), worker);
	printf("copies %ld\n", pairs() * iterations);
	return 0;
}
