/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: detached threads, made so at creation, by their creator or by themselves, all run and leave no thread behind. */
#include <dirent.h>

#include "threads.h"

static atomic_long ran;

static void *child(void *arg)
{
	if (arg)
		CHECK(pthread_detach(pthread_self()) == 0);
	atomic_fetch_add(&ran, 1);
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	pthread_attr_t attr;

	settle();
	CHECK(pthread_attr_init(&attr) == 0 && pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	for (long i = 0; i < iterations; i++) {
		pthread_t id;

		switch ((me + i) % 3) {
		case 0:
			CHECK(pthread_create(&id, &attr, child, NULL) == 0);
			break;
		case 1:
			CHECK(pthread_create(&id, NULL, child, NULL) == 0 && pthread_detach(id) == 0);
			break;
		default:
			CHECK(pthread_create(&id, NULL, child, &attr) == 0);
		}
	}
	pthread_attr_destroy(&attr);
	return NULL;
}

static int count_tasks(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	CHECK(tasks);
	while ((entry = readdir(tasks)))
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 25);
	run_workers(worker);
	while (atomic_load(&ran) < threads * iterations)
		usleep(100);
	while (count_tasks() > 1)
		usleep(100);
	printf("ran %ld\n", atomic_load(&ran));
	return 0;
}
