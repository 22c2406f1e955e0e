/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: process_vm_readv and process_vm_writev on the own process carry pages between threads, and stop where memory ends. */
#include "memory.h"

#include <sys/uio.h>

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *next = area + (me + 1) % threads * 4 * PAGE, *own = area + me * 4 * PAGE;
	unsigned char *edge = new_pages(2), *mine = new_pages(3);
	pid_t self = getpid();

	CHECK(mprotect(edge + PAGE, PAGE, PROT_NONE) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct iovec here[2] = { { mine, PAGE + 100 }, { mine + PAGE + 100, 3 * PAGE - PAGE - 100 } };
		struct iovec there[3] = { { next, PAGE }, { next + 2 * PAGE, PAGE }, { next + PAGE, PAGE } };
		struct iovec out = { mine, PAGE }, to = { next + 3 * PAGE, PAGE };
		struct iovec big = { mine, 2 * PAGE }, over = { edge, 2 * PAGE };

		for (int k = 0; k < 3; k++)
			paint(own + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		CHECK(process_vm_readv(self, here, 2, there, 3, 0) == 3 * PAGE);
		CHECK(painted(mine, PAGE, (uint64_t)i) && painted(mine + PAGE, PAGE, (uint64_t)i + 2));
		CHECK(painted(mine + 2 * PAGE, PAGE, (uint64_t)i + 1));
		CHECK(process_vm_writev(self, &out, 1, &to, 1, 0) == PAGE);
		meet();
		CHECK(painted(own + 3 * PAGE, PAGE, (uint64_t)i));
		CHECK(process_vm_readv(self, &big, 1, &over, 1, 0) == PAGE);
		over.iov_base = edge + PAGE;
		CHECK(process_vm_readv(self, &big, 1, &over, 1, 0) == -1 && errno == EFAULT);
		CHECK(process_vm_readv(self, &big, 1, &over, 1, 1) == -1 && errno == EINVAL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	area = new_pages(4 * (size_t)threads);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, area, 4 * (size_t)threads * PAGE));
	return 0;
}
