/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: RUSAGE_CHILDREN is empty where the program has waited for no child. */
/* Limit: hitotsu run becomes the program, and had children of its own before */
#include "identity.h"
#include <sys/resource.h>

static void *worker(void *arg)
{
	struct rusage none;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(getrusage(RUSAGE_CHILDREN, &none) == 0 && none.ru_maxrss == 0 && none.ru_minflt == 0);
		CHECK(none.ru_utime.tv_sec == 0 && none.ru_utime.tv_usec == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	printf("empty %ld\n", threads * iterations);
	return 0;
}
