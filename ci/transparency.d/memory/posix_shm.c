/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory of shm_open is shared by mappings, descriptors and a child, and lives on unlinked while it is mapped. */
#include "memory.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[64];

	settle();
	snprintf(name, sizeof(name), "/transparency-%d-%d", (int)getpid(), (int)me);
	for (long i = 0; i < iterations; i++) {
		int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), again;
		unsigned char *view;
		struct stat st;
		pid_t child;

		CHECK(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
		CHECK(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
		again = shm_open(name, O_RDONLY, 0);
		CHECK(again >= 0 && shm_unlink(name) == 0 && shm_unlink(name) == -1 && errno == ENOENT);
		view = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CHECK((void *)view != MAP_FAILED && close(fd) == 0 && fstat(again, &st) == 0 && st.st_size == 2 * PAGE);
		paint(view, PAGE, (uint64_t)i);
		child = fork();
		if (child == 0) {
			CHECK(painted(view, PAGE, (uint64_t)i));
			paint(view + PAGE, PAGE, (uint64_t)i + 9);
			_exit(6);
		}
		CHECK(status_of(child) == 6 && painted(view + PAGE, PAGE, (uint64_t)i + 9));
		CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0) == MAP_FAILED && errno == EACCES);
		CHECK(close(again) == 0 && munmap(view, 2 * PAGE) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_workers(threads, worker);
	printf("objects %ld\n", threads * iterations);
	return 0;
}
