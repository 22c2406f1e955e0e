/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: /proc/self/status and /proc/self/task show just the threads there are, each with its own id, in any thread. */
#include <dirent.h>

#include "threads.h"

static atomic_int tids[MAX_THREADS];

static int threads_in_status(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	int count = -1;

	CHECK(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Threads: %d", &count) == 1)
			break;
	fclose(status);
	return count;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	atomic_store(&tids[me], gettid());
	meet();
	for (long i = 0; i < iterations; i++) {
		DIR *tasks = opendir("/proc/self/task");
		struct dirent *entry;
		int known = 0, count = 0, main_seen = 0;

		CHECK(threads_in_status() == threads + 1 && tasks);
		while ((entry = readdir(tasks))) {
			int tid = atoi(entry->d_name);

			if (tid == 0)
				continue;
			count++;
			main_seen += tid == getpid();
			for (int k = 0; k < threads; k++)
				known += atomic_load(&tids[k]) == tid;
		}
		closedir(tasks);
		CHECK(count == threads + 1 && known == threads && main_seen == 1);
	}
	meet();
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(worker);
	while (threads_in_status() > 1)
		usleep(100);
	printf("threads %d\n", threads + 1);
	return 0;
}
