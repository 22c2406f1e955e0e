/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the command line that /proc shows is read from the program's memory, where a worker has just written. */
/* Limit: the kernel takes pages for /proc/PID/cmdline without waiting for those that are on another node */
#include "identity.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char *title;
static size_t title_length;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		char text[8192];

		CHECK(pthread_mutex_lock(&turn) == 0);
		/* As daemons do that show what they are about. */
		for (size_t k = 0; k < title_length; k++)
			title[k] = (char)('a' + ((size_t)me + k + (size_t)i) % 26);
		CHECK(read_file("/proc/self/cmdline", text, sizeof(text)) >= title_length);
		CHECK(memcmp(text, title, title_length) == 0);
		CHECK(pthread_mutex_unlock(&turn) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	title = argv[0];
	title_length = strlen(title);
	run_threads(threads, worker);
	printf("titles %ld\n", threads * iterations);
	return 0;
}
