/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a system call by a number that there is none for, -1 among them, answers ENOSYS. */
#include "check.h"

static void *worker(void *arg)
{
	static const long numbers[] = { -1, 700, 0x3fffffff };
	volatile uint64_t state = 88172645463325252ull;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		for (size_t j = 0; j < sizeof(numbers) / sizeof(*numbers); j++) {
			errno = 0;
			CHECK(syscall(numbers[j]) == -1 && errno == ENOSYS);
		}
		for (int j = 0; j < 10000; j++) {
			uint64_t next = state;

			state = xorshift(&next);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 300);
	run_threads(threads, worker);
	puts("none of them");
	return 0;
}
