/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: process_madvise on the process itself drops what other threads wrote, as madvise does; where the kernel refuses it, nothing. */
#include <sys/mman.h>
#include <sys/uio.h>

#include "check.h"

#define PAGES 6

static unsigned char *ranges[MAX_THREADS];
static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	CHECK(self >= 0);
	ranges[me] = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)ranges[me] != MAP_FAILED);
	settle();
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++) {
		/* Of two ranges of one call. */
		struct iovec two[2] = { { ranges[me], 2 * 4096 }, { ranges[me] + 3 * 4096, 2 * 4096 } };
		long dropped;

		for (int page = 0; page < PAGES; page++)
			ranges[(me + 1) % threads][page * 4096 + 7] = (unsigned char)(i + 1);
		pthread_barrier_wait(&barrier);
		dropped = syscall(SYS_process_madvise, self, two, 2, MADV_DONTNEED, 0);
		CHECK(dropped == 4 * 4096 || (dropped == -1 && (errno == EINVAL || errno == EPERM)));
		for (int page = 0; page < PAGES; page++)
			CHECK(ranges[me][page * 4096 + 7] ==
			      (dropped > 0 && page != 2 && page != 5 ? 0 : (unsigned char)(i + 1)));
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
