/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: each new thread starts with the initial image of large and aligned thread-local data, changed by nobody else. */
#include "threads.h"

static __thread int numbers[5000] = { 1, 2, 3, [4999] = 77 };
static __thread _Alignas(64) char aligned[64] = "aligned";
static __thread char zero[70000];
static __thread int *self = NULL;

static void *child(void *arg)
{
	int value = (int)(intptr_t)arg;

	CHECK(numbers[0] == 1 && numbers[2] == 3 && numbers[3] == 0 && numbers[4999] == 77 && self == NULL);
	CHECK(((uintptr_t)aligned & 63) == 0 && strcmp(aligned, "aligned") == 0);
	for (size_t i = 0; i < sizeof(zero); i += 100)
		CHECK(zero[i] == 0);
	for (int i = 0; i < 5000; i++)
		numbers[i] = value;
	memset(zero, value, sizeof(zero));
	memset(aligned, value, sizeof(aligned));
	self = numbers;
	usleep(200);
	for (int i = 0; i < 5000; i++)
		CHECK(numbers[i] == value);
	CHECK(zero[69999] == (char)value && self == numbers);
	return numbers;
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t ids[2];

		for (int k = 0; k < 2; k++)
			CHECK(pthread_create(&ids[k], NULL, child, (void *)(intptr_t)(i + k + 5)) == 0);
		for (int k = 0; k < 2; k++)
			CHECK(pthread_join(ids[k], NULL) == 0);
		CHECK(numbers[0] == 1 && zero[100] == 0 && self == NULL);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(worker);
	printf("images %ld\n", 2 * threads * iterations);
	return 0;
}
