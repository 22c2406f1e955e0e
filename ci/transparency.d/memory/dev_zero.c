/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: private mappings of /dev/zero, by any name, are memory of zeros which threads share, shared ones are shared with a child as well. */
#include <sys/sysmacros.h>

#include "memory.h"

static unsigned char *private, *shared;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	CHECK(filled(private + me * PAGE, PAGE, 0) && filled(shared + me * PAGE, PAGE, 0));
	for (long i = 0; i < iterations; i++) {
		pid_t child;

		paint(private + me * PAGE, PAGE, (uint64_t)(i + me));
		paint(shared + me * PAGE, PAGE, (uint64_t)(i + me));
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(painted(private + k * PAGE, PAGE, (uint64_t)(i + k)) &&
			      painted(shared + k * PAGE, PAGE, (uint64_t)(i + k)));
		meet();
		child = fork();
		if (child == 0) {
			paint(private + me * PAGE, PAGE, 1);
			paint(shared + me * PAGE, PAGE, 1000);
			_exit(2);
		}
		CHECK(status_of(child) == 2 && painted(private + me * PAGE, PAGE, (uint64_t)(i + me)));
		CHECK(painted(shared + me * PAGE, PAGE, 1000));
	}
	return NULL;
}

/* /dev/zero by another name; by its own where that is not allowed. */
static int zero_node(void)
{
	int fd = -1;

	if (mknod("node", S_IFCHR | 0600, makedev(1, 5)) == 0) {
		fd = open("node", O_RDWR | O_CLOEXEC);
		CHECK(unlink("node") == 0);
	}
	return fd >= 0 ? fd : open("/dev/zero", O_RDWR | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	int fd;

	arguments(argc, argv, 3);
	fd = zero_node();
	CHECK(fd >= 0);
	private = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)private != MAP_FAILED && (void *)shared != MAP_FAILED && close(fd) == 0);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
