/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: calls that never answer EINTR do not, at whatever moment a signal comes whose handler has no SA_RESTART. */
#include <linux/futex.h>
#include <sys/mman.h>

#include "signals.h"

static void body(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int free_word = 0;

	CHECK(at != MAP_FAILED);
	while (atomic_load(&caught[me]) < iterations) {
		CHECK(mprotect(at, page, PROT_READ) == 0);
		CHECK(mprotect(at, page, PROT_READ | PROT_WRITE) == 0);
		CHECK(madvise(at, page, MADV_DONTNEED) == 0);
		CHECK(syscall(SYS_futex, &free_word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EPERM);
	}
	CHECK(munmap(at, 2 * page) == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	interrupt_workers(0, body);
	printf("signals %ld\n", threads * iterations);
	return 0;
}
