/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: bytes in shared file mappings are in the files after munmap without msync, and after an exit without either. */
#include "memory.h"

static unsigned char *view;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[32];
	unsigned char *own;
	uint64_t got[PAGE / 8];
	int fd;

	settle();
	snprintf(name, sizeof(name), "unmapped-%d", (int)me);
	fd = painted_file(name, 2);
	own = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)own != MAP_FAILED && close(fd) == 0);
	paint(own, PAGE, (uint64_t)me + 70);
	own[PAGE + 5] = 'x';
	CHECK(munmap(own, 2 * PAGE) == 0);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, got, PAGE) == PAGE && painted(got, PAGE, (uint64_t)me + 70));
	CHECK(read(fd, got, PAGE) == PAGE && ((char *)got)[5] == 'x' && close(fd) == 0);
	/* This one stays mapped until the process ends. */
	paint(view + me * PAGE, PAGE, (uint64_t)me + 90);
	return NULL;
}

int main(int argc, char **argv)
{
	int fd;

	arguments(argc, argv, 1);
	fd = painted_file("mapped", threads + 1);
	view = mmap(NULL, (size_t)(threads + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)view != MAP_FAILED && close(fd) == 0);
	run_workers(threads, worker);
	view[threads * PAGE] = 'e';
	printf("files %d\n", threads + 1);
	return 0;
}
