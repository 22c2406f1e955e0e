/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program, threads and mapped files whose names are no text have their memory as others do. */
#include <limits.h>
#include <sys/prctl.h>

#include "memory.h"

/* 'e' with an acute accent in ISO 8859-1, a carriage return, and a character of UTF-8 that a thread's name cuts in two. */
#define FILE_NAME "caf\xe9\r.dat"
#define THREAD_NAME "\xe9 \r\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb3\xd1\x80\xd0\xb0"
#define PROGRAM_NAME "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb3\xd1\x80\xd0\xb0\xd0\xbc\xd0\xbc\xd0\xb0"
#define PAGES 4

static unsigned char *private[MAX_THREADS], *shared[MAX_THREADS];

/* Maps its own pages of the file twice: copies of its own, and the file's. */
static void map_file(intptr_t me)
{
	int fd = open(FILE_NAME, O_RDWR | O_CLOEXEC);
	off_t at = (off_t)me * PAGES * PAGE;

	CHECK(fd >= 0);
	private[me] = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, at);
	shared[me] = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	CHECK((void *)private[me] != MAP_FAILED && (void *)shared[me] != MAP_FAILED && close(fd) == 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[16];

	settle();
	CHECK(prctl(PR_SET_NAME, THREAD_NAME) == 0 && prctl(PR_GET_NAME, name) == 0);
	CHECK(strlen(name) == 15 && memcmp(name, THREAD_NAME, 15) == 0);
	map_file(me);
	meet();
	for (long i = 0; i < iterations; i++) {
		intptr_t next = (me + 1) % threads;
		unsigned char *fresh = new_pages(PAGES);

		for (int k = 0; k < PAGES; k++) {
			uint64_t seed = (uint64_t)(me * PAGES + k);

			CHECK(painted(private[me] + k * PAGE, PAGE, i == 0 ? seed : seed + (uint64_t)i - 1 + 1000));
			paint(private[me] + k * PAGE, PAGE, seed + (uint64_t)i + 1000);
			paint(fresh + k * PAGE, PAGE, seed);
		}
		paint(shared[me], PAGE, (uint64_t)(me + i));
		CHECK(mprotect(private[me], PAGE, PROT_READ) == 0);
		meet();
		for (int k = 0; k < PAGES; k++)
			CHECK(painted(private[next] + k * PAGE, PAGE, (uint64_t)(next * PAGES + k + i + 1000)));
		CHECK(painted(shared[next], PAGE, (uint64_t)(next + i)));
		meet();
		CHECK(mprotect(private[me], PAGE, PROT_READ | PROT_WRITE) == 0);
		for (int k = 0; k < PAGES; k++)
			CHECK(painted(fresh + k * PAGE, PAGE, (uint64_t)(me * PAGES + k)));
		CHECK(munmap(fresh, PAGES * PAGE) == 0);
	}
	return NULL;
}

/* Executes the program by a name that the kernel cuts, as it does all threads', at 15 bytes. */
static void execute_again(char **argv)
{
	char self[PATH_MAX] = "";

	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 && symlink(self, PROGRAM_NAME) == 0);
	argv[0] = "./" PROGRAM_NAME;
	execv(argv[0], argv);
	CHECK(0);
}

int main(int argc, char **argv)
{
	uint64_t page[PAGE / 8];
	int fd;

	if (strcmp(argv[0], "./" PROGRAM_NAME) != 0)
		execute_again(argv);
	CHECK(unlink(PROGRAM_NAME) == 0);
	arguments(argc, argv, 6);
	fd = painted_file(FILE_NAME, threads * PAGES);
	run_workers(threads, worker);
	for (int i = 0; i < threads; i++) {
		CHECK(pread(fd, page, PAGE, (off_t)i * PAGES * PAGE) == PAGE);
		CHECK(painted(page, PAGE, (uint64_t)(i + iterations - 1)));
		CHECK(pread(fd, page, PAGE, ((off_t)i * PAGES + 1) * PAGE) == PAGE);
		CHECK(painted(page, PAGE, (uint64_t)(i * PAGES + 1)));
	}
	CHECK(close(fd) == 0 && unlink(FILE_NAME) == 0);
	printf("rounds %ld\n", iterations);
	return 0;
}
