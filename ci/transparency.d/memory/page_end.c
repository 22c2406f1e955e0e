/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the C library's string functions, which read by wide loads, work right up to a closed page in every thread. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char *end = (char *)area + (2 * me + 1) * PAGE, *other = (char *)area + (2 * ((me + 1) % threads) + 1) * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		size_t length = 1 + (size_t)(i * 7 % 120);
		char copy[256];

		memset(end - PAGE, 'x', PAGE);
		memset(end - length - 1, 'a' + (int)(i % 26), length);
		end[-1] = 0;
		meet();
		CHECK(strlen(other - length - 1) == length && strnlen(other - length - 1, 200) == length);
		CHECK(strcmp(other - length - 1, end - length - 1) == 0 &&
		      memcmp(other - length, end - length, length) == 0);
		CHECK(memchr(other - length - 1, 0, length + 1) == other - 1 &&
		      strchr(other - length - 1, 'Z') == NULL);
		CHECK(strrchr(other - length - 1, 'a' + (int)(i % 26)) == other - 2);
		CHECK(strlen(strcpy(copy, other - length - 1)) == length &&
		      memcmp(copy, end - length - 1, length + 1) == 0);
		CHECK(try_read(other) == SEGV_ACCERR);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 40);
	catch_faults();
	area = new_pages(2 * (size_t)threads);
	for (int k = 0; k < threads; k++)
		CHECK(mprotect(area + (2 * k + 1) * PAGE, PAGE, PROT_NONE) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
