/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program that takes a range from its userfaultfd, more of which was never that one's, loses nothing of it. */
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "memory.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define PAGES 8

static unsigned char *area;
static int uffd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		struct uffdio_range all = { (uintptr_t)area, PAGES * PAGE };
		struct uffdio_register own = { .range = { (uintptr_t)area + PAGES / 2 * PAGE, PAGE },
					       .mode = UFFDIO_REGISTER_MODE_MISSING };

		/* The pages are where these threads are. */
		for (int page = 0; page < PAGES; page++)
			if (page % threads == (me + i) % threads)
				paint(area + page * PAGE, PAGE, (uint64_t)(i * PAGES + page));
		meet();
		if (me == i % threads) {
			CHECK(ioctl(uffd, UFFDIO_REGISTER, &own) == 0);
			CHECK(ioctl(uffd, UFFDIO_UNREGISTER, &all) == 0);
		}
		meet();
		for (int page = 0; page < PAGES; page++)
			CHECK(painted(area + page * PAGE, PAGE, (uint64_t)(i * PAGES + page)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };

	arguments(argc, argv, 12);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (uffd < 0) {
		printf("refused %d\n", errno);
		return 0;
	}
	area = new_pages(PAGES);
	CHECK(ioctl(uffd, UFFDIO_API, &api) == 0);
	run_workers(threads, worker);
	printf("taken %ld\n", iterations);
	return 0;
}
