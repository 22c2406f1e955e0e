/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mapping a file privately and touching it is no access that inotify tells of, and a lock of it ends with its last user. */
#include "memory.h"
#include <sys/file.h>
#include <sys/inotify.h>

static void *worker(void *arg)
{
	char name[32], events[4096] __attribute__((aligned(8)));

	settle();
	sprintf(name, "file%d", (int)(intptr_t)arg);
	for (long i = 0; i < iterations; i++) {
		int fd = painted_file(name, 4), watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), other;
		unsigned char *view;

		CHECK(watch >= 0 && inotify_add_watch(watch, name, IN_ALL_EVENTS) >= 0);
		CHECK(flock(fd, LOCK_EX) == 0);
		view = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		CHECK((void *)view != MAP_FAILED);
		for (int k = 0; k < 4; k++) {
			CHECK(painted(view + k * PAGE, PAGE, (uint64_t)k));
			paint(view + k * PAGE, PAGE, (uint64_t)i);
		}
		CHECK(mmap(view, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 2 * PAGE) == view);
		CHECK(painted(view, PAGE, 2));
		CHECK(mmap(view, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, PAGE) == view);
		CHECK(painted(view, PAGE, 1) && painted(view + 2 * PAGE, PAGE, (uint64_t)i));
		CHECK(read(watch, events, sizeof events) == -1 && errno == EAGAIN);
		CHECK(munmap(view, 4 * PAGE) == 0 && close(watch) == 0);
		CHECK(close(fd) == 0);
		other = open(name, O_RDONLY | O_CLOEXEC);
		CHECK(other >= 0 && flock(other, LOCK_EX | LOCK_NB) == 0);
		CHECK(close(other) == 0 && unlink(name) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(threads, worker);
	printf("quiet %ld\n", iterations);
	return 0;
}
