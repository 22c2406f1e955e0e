/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a limit of memory that one worker sets holds for the next call that wants more, from any worker, and no longer than it is set. */
#include <sys/resource.h>

#include "memory.h"

#define MIB (1 << 20)
#define MUCH (16 * MIB)

static struct rlimit space, data;

/* The size of the address space in bytes. */
static rlim_t in_use(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	unsigned long pages;

	CHECK(statm && fscanf(statm, "%lu", &pages) == 1);
	fclose(statm);
	return (rlim_t)pages * PAGE;
}

static void set(int resource, const struct rlimit *all, rlim_t now)
{
	struct rlimit limit = { now, all->rlim_max };

	CHECK(setrlimit(resource, &limit) == 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = new_pages(2), *grown;
	char *end;

	settle();
	for (long i = 0; i < iterations; i++) {
		int mine = me == i % threads, next = me == (i + 1) % threads;

		meet();
		if (mine)
			set(RLIMIT_AS, &space, in_use() + MIB);
		meet();
		if (next) {
			CHECK(mremap(own, 2 * PAGE, MUCH, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
			CHECK(mmap(own, MUCH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
			      errno == ENOMEM);
			end = sbrk(0);
			CHECK(sbrk(MUCH) == (void *)-1 && errno == ENOMEM && sbrk(0) == end);
		}
		meet();
		if (mine) {
			set(RLIMIT_AS, &space, space.rlim_cur);
			set(RLIMIT_DATA, &data, PAGE);
		}
		meet();
		if (next) {
			end = sbrk(0);
			CHECK(sbrk(MUCH) == (void *)-1 && errno == ENOMEM && sbrk(0) == end);
			CHECK(mremap(own, 2 * PAGE, MUCH, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
		}
		meet();
		if (mine)
			set(RLIMIT_DATA, &data, data.rlim_cur);
		meet();
		if (next) {
			grown = mremap(own, 2 * PAGE, MUCH, MREMAP_MAYMOVE);
			CHECK(grown != MAP_FAILED);
			grown[MUCH - 1] = 1;
			own = mremap(grown, MUCH, 2 * PAGE, 0);
			CHECK(own == grown);
			end = sbrk(MUCH);
			CHECK(end != (void *)-1 && sbrk(-MUCH) == end + MUCH);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	CHECK(getrlimit(RLIMIT_AS, &space) == 0 && getrlimit(RLIMIT_DATA, &data) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
