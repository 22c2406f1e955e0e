/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: no worker sees a tracer of the process where there is none. */
/* Limit: with the stock back-end the daemon traces a process whose threads are moved */
#include "identity.h"

static void *worker(void *arg)
{
	char text[16384];

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		read_file("/proc/self/status", text, sizeof(text));
		CHECK(field(text, "TracerPid") == 0);
		read_file("/proc/thread-self/status", text, sizeof(text));
		CHECK(field(text, "TracerPid") == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_threads(threads, worker);
	printf("looked %ld\n", threads * iterations);
	return 0;
}
