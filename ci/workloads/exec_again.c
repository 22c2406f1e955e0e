/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program that executes itself while its threads compute elsewhere goes on as a new program, memory calls included. */
#include <sys/mman.h>

#include "check.h"

static atomic_int ready;

static void *worker(void *arg)
{
	volatile long own[512] = { 0 };

	settle();
	atomic_fetch_add(&ready, 1);
	for (;;)
		for (int i = 0; i < 100000; i++)
			own[i % 512]++;
	return arg;
}

int main(int argc, char **argv)
{
	char count[24], left[24];
	char *self[] = { argv[0], count, left, NULL };
	pthread_t id;
	char *map;

	arguments(argc, argv, 3);
	map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(map != MAP_FAILED);
	memset(map, 1, 1 << 20);
	CHECK(mprotect(map, 4096, PROT_READ) == 0 && munmap(map, 1 << 19) == 0 && map[1 << 19] == 1);
	CHECK(sbrk(100000) != (void *)-1);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, worker, (void *)i) == 0);
	while (atomic_load(&ready) < threads)
		usleep(1000);
	/* A call that fails must change nothing. */
	CHECK(execv("/nonexistent", self) == -1 && errno == ENOENT);
	printf("left %ld\n", iterations - 1);
	fflush(stdout);
	if (iterations == 1)
		return 0;
	snprintf(count, sizeof(count), "%d", threads);
	snprintf(left, sizeof(left), "%ld", iterations - 1);
	execv("/proc/self/exe", self);
	CHECK(!"execv returns");
}
