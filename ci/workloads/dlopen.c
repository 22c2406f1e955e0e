/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a moved thread loads a shared library at run time, and code and data of it serve every node. */
#include <dlfcn.h>

#include "check.h"

static double (*volatile function)(double);
static pthread_barrier_t barrier;
static char results[MAX_THREADS][40];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	double sum = 0;

	settle();
	if (me == threads - 1) {
		void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);

		CHECK(library);
		*(void **)&function = dlsym(library, "cbrt");
		CHECK(function && !dlsym(library, "no_such_function"));
		CHECK(strstr(dlerror(), "no_such_function"));
	}
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++)
		sum += function((double)i);
	snprintf(results[me], sizeof(results[me]), "%.6f", sum);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20000);
	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	run_threads(threads, worker);
	for (int i = 1; i < threads; i++)
		CHECK(strcmp(results[i], results[0]) == 0);
	puts(results[0]);
	return 0;
}
