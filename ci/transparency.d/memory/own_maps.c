/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: /proc/self/maps read by a moved thread shows its mappings with their protection, sharing and file, and not those gone. */
#include "memory.h"

/* The protection and the path that the list gives for the page at `at`; NULL if it has none. */
static const char *listed(const void *at, char path[256])
{
	static __thread char protection[5];
	FILE *maps = fopen("/proc/self/maps", "re");
	const char *found = NULL;
	char line[512];

	CHECK(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;

		path[0] = 0;
		CHECK(sscanf(line, "%lx-%lx %4s %*s %*s %*s %255s", &from, &to, protection, path) >= 3);
		if ((unsigned long)at >= from && (unsigned long)at < to)
			found = protection;
	}
	CHECK(fclose(maps) == 0);
	return found;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = new_pages(3), *view;
	char path[256], name[32];
	int fd;

	settle();
	for (long i = 0; i < iterations; i++) {
		own[PAGE] = 1;
		CHECK(strcmp(listed(own + PAGE, path), "rw-p") == 0 && path[0] != '/');
		CHECK(mprotect(own + PAGE, PAGE, PROT_READ) == 0 && strcmp(listed(own + PAGE + 9, path), "r--p") == 0);
		CHECK(mprotect(own + PAGE, PAGE, PROT_NONE) == 0 && strcmp(listed(own + PAGE, path), "---p") == 0);
		CHECK(strcmp(listed(own + 2 * PAGE, path), "rw-p") == 0);
		CHECK(mprotect(own + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	}
	/* One thread at a time, so that no other takes the place which is looked up. */
	for (int turn = 0; turn < threads; turn++) {
		meet();
		if (turn != me)
			continue;
		snprintf(name, sizeof(name), "file-%d", (int)me);
		fd = painted_file(name, 2);
		view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
		CHECK((void *)view != MAP_FAILED && close(fd) == 0);
		CHECK(strcmp(listed(view, path), "rw-s") == 0);
		CHECK(strcmp(strrchr(path, '/') + 1, name) == 0 && painted(view, PAGE, 1));
		CHECK(munmap(view, PAGE) == 0 && listed((void *)1, path) == NULL);
		CHECK(munmap(own, 3 * PAGE) == 0 && unlink(name) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_workers(threads, worker);
	printf("threads %d\n", threads);
	return 0;
}
