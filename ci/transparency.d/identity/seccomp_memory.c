/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter that a worker installs fails its calls that change memory, too, wherever the worker runs, and changes nothing. */
#include <sys/mman.h>

#include "seccomp.h"

#define PAGE 4096

static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	char *own = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(own != MAP_FAILED);
	settle();
	if (me & 2) {
		filter(SYS_mremap, SECCOMP_RET_ERRNO | EXDEV, 0);
		filter(SYS_madvise, SECCOMP_RET_ERRNO | EXFULL, 0);
	}
	pthread_barrier_wait(&barrier);
	/* To install a filter a thread may have come home. */
	settle();
	for (long i = 0; i < iterations; i++) {
		memset(own, 'a' + me, 4 * PAGE);
		if (me & 2) {
			CHECK(mremap(own, 4 * PAGE, PAGE, 0) == MAP_FAILED && errno == EXDEV);
			CHECK(madvise(own, PAGE, MADV_DONTNEED) == -1 && errno == EXFULL);
			CHECK(own[0] == 'a' + me && own[4 * PAGE - 1] == 'a' + me);
		} else {
			CHECK(madvise(own, PAGE, MADV_DONTNEED) == 0);
			CHECK(own[0] == 0 && own[PAGE] == 'a' + me);
			CHECK(mremap(own, 4 * PAGE, 4 * PAGE, 0) == own);
		}
		CHECK(mprotect(own, PAGE, PROT_READ) == 0 && mprotect(own, PAGE, PROT_READ | PROT_WRITE) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
