/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: /proc/thread-self is the worker that looks: its number, its name, its status. */
#include "identity.h"

static void *worker(void *arg)
{
	char text[16384], name[16];

	settle();
	for (long i = 0; i < iterations; i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "%d/task/%d", getpid(), gettid());
		read_link("/proc/thread-self", text, sizeof(text));
		CHECK(strcmp(text, expected) == 0);
		snprintf(name, sizeof(name), "look-%d", (int)(intptr_t)arg);
		CHECK(prctl(PR_SET_NAME, name) == 0);
		read_file("/proc/thread-self/comm", text, sizeof(text));
		CHECK(strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '\n');
		read_file("/proc/thread-self/status", text, sizeof(text));
		CHECK(field(text, "Pid") == gettid() && field(text, "Tgid") == getpid());
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
