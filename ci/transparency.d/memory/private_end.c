/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: behind the end of its file a writable private mapping faults, from any thread, and has the file's bytes when it grows. */
#include "memory.h"

static unsigned char *view;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t page[PAGE / 8];

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == 0) {
			CHECK(ftruncate(fd, 0) == 0);
			paint(page, PAGE, (uint64_t)i);
			CHECK(pwrite(fd, page, PAGE, 0) == PAGE && pwrite(fd, "x", 1, PAGE) == 1);
			view = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
			CHECK((void *)view != MAP_FAILED);
		}
		meet();
		CHECK(painted(view, PAGE, (uint64_t)i) && view[PAGE] == 'x' && filled(view + PAGE + 1, PAGE - 1, 0));
		CHECK(try_read(view + 2 * PAGE) == BUS + BUS_ADRERR);
		CHECK(try_write(view + 3 * PAGE + me, 1) == BUS + BUS_ADRERR);
		meet();
		if (me == threads - 1) {
			paint(page, PAGE, (uint64_t)i + 1);
			CHECK(pwrite(fd, page, PAGE, 2 * PAGE) == PAGE);
			paint(view, PAGE, (uint64_t)i + 2);
		}
		meet();
		CHECK(painted(view, PAGE, (uint64_t)i + 2) && painted(view + 2 * PAGE, PAGE, (uint64_t)i + 1));
		CHECK(try_read(view + 3 * PAGE) == BUS + BUS_ADRERR);
		meet();
		if (me == 0) {
			CHECK(mremap(view, 4 * PAGE, 2 * PAGE, 0) == view && munmap(view, 2 * PAGE) == 0);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	catch_faults();
	fd = painted_file("file", 1);
	CHECK(unlink("file") == 0);
	run_workers(threads, worker);
	printf("ends %ld\n", iterations);
	return 0;
}
