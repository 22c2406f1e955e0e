/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAIT answers EAGAIN, ETIMEDOUT by both clocks, EINVAL and EFAULT as documented. */
#include "threads.h"

static void *worker(void *arg)
{
	int word = 4, words[2] = { 4, 4 };

	settle();
	for (long i = 0; i < iterations; i++) {
		struct timespec nap = { 0, 2000000 }, wrong = { 0, 1000000000 }, zero = { 0, 0 }, until;
		double start = seconds();

		CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 5, NULL, NULL, 0) == -1 && errno == EAGAIN);
		CHECK(futex(&word, FUTEX_WAIT, 5, NULL, NULL, 0) == -1 && errno == EAGAIN);
		CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 4, &nap, NULL, 0) == -1 && errno == ETIMEDOUT);
		CHECK(seconds() - start >= 0.002);
		CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 4, &zero, NULL, 0) == -1 && errno == ETIMEDOUT);
		until = from_now(CLOCK_MONOTONIC, 2);
		CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 4, &until, NULL, 1) == -1 && errno == ETIMEDOUT);
		until = from_now(CLOCK_REALTIME, 2);
		CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 4, &until, NULL, 1) == -1);
		CHECK(errno == ETIMEDOUT && from_now(CLOCK_REALTIME, 0).tv_sec >= until.tv_sec);
		CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 4, &wrong, NULL, 0) == -1 && errno == EINVAL);
		CHECK(futex((int *)((char *)words + 1), FUTEX_WAIT_PRIVATE, 4, &nap, NULL, 0) == -1);
		CHECK(errno == EINVAL);
		CHECK(futex((int *)4096, FUTEX_WAIT_PRIVATE, 4, &nap, NULL, 0) == -1 && errno == EFAULT);
		CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 4, (void *)16, NULL, 0) == -1 && errno == EFAULT);
		CHECK(futex(&word, 99, 4, NULL, NULL, 0) == -1 && errno == ENOSYS);
		CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 4, &until, NULL, 0) == -1 && errno == EINVAL);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	run_workers(worker);
	printf("answers %ld\n", threads * iterations);
	return 0;
}
