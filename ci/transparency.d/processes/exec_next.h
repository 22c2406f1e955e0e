/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs share that execute a program under conditions in which little is allowed: how they do it, and what the next one tries. */
#ifndef EXEC_NEXT_H
#define EXEC_NEXT_H

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "processes.h"

#define NEXT_PAGES 4
#define NEXT_SIZE (NEXT_PAGES * 4096)

static int next_data = -1;

/* A file with known content and no name; kept open by the next program. */
static inline int make_data(void)
{
	char page[4096];
	int fd = open("data", O_CREAT | O_RDWR | O_CLOEXEC, 0644), kept = open("data", O_RDONLY);

	CHECK(fd >= 0 && kept >= 0 && unlink("data") == 0);
	for (int i = 0; i < NEXT_PAGES; i++) {
		memset(page, 'a' + i, sizeof(page));
		CHECK(write(fd, page, sizeof(page)) == (ssize_t)sizeof(page));
	}
	CHECK(close(fd) == 0);
	return kept;
}

/* Executes this program once more, from a descriptor, since there may be no path to it: its main gets "next". */
static inline void execute_next(int program, int data)
{
	extern char **environ;
	char text[3][16];
	char *next[] = { (char *)"next", (char *)"next", text[0], text[1], text[2], NULL };

	snprintf(text[0], sizeof(text[0]), "%d", data);
	snprintf(text[1], sizeof(text[1]), "%d", threads);
	snprintf(text[2], sizeof(text[2]), "%ld", iterations);
	fexecve(program, next, environ);
	CHECK(!"fexecve returns");
}

/* Whether this is the program that execute_next has executed; it has the same threads and iterations then. */
static inline int is_next(int argc, char **argv)
{
	if (argc != 5 || strcmp(argv[1], "next") != 0)
		return 0;
	next_data = atoi(argv[2]);
	arguments(3, argv + 2, 1);
	return 1;
}

/* A thread of the next program: computes, and maps the file that was left to it in place of other memory. */
static inline void *map_data(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *at = mmap(NULL, NEXT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(at != MAP_FAILED);
		memset(at, 'z', NEXT_SIZE);
		CHECK(mmap(at, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, next_data, 4096) == at);
		CHECK(mmap(at + 4096, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, next_data, 2 * 4096) == at + 4096);
		CHECK(mmap(at + 8192, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, next_data, 0) == at + 8192);
		CHECK(mmap(at + 12288, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, next_data, 0) == MAP_FAILED);
		CHECK(errno == EACCES);
		CHECK(at[0] == 'b' && at[4095] == 'b' && at[4096] == 'c' && at[8191] == 'c');
		CHECK(at[8192] == 'a');
		at[8192] = 'y';
		CHECK(at[8192] == 'y' && at[8193] == 'a' && at[12288] == 'z');
		CHECK(munmap(at, NEXT_SIZE) == 0);
	}
	return arg;
}

/* Runs map_data in threads with stacks that fit under a small limit. */
static inline void run_small_threads(void)
{
	pthread_t ids[MAX_THREADS];
	pthread_attr_t attributes;

	CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 64 << 10) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], &attributes, map_data, NULL) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
}

/* Makes `threads` threads that are moved and go on, and one that runs `body`, which executes the next program. */
static inline void *stay(void *arg)
{
	atomic_int *settled = (atomic_int *)arg;

	settle();
	atomic_fetch_add(settled, 1);
	for (;;)
		pause();
	return NULL;
}

static inline void run_to_next(void *(*body)(void *))
{
	static atomic_int settled;
	pthread_t id;

	fflush(stdout);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, stay, &settled) == 0);
	while (atomic_load(&settled) < threads)
		usleep(1000);
	CHECK(pthread_create(&id, NULL, body, NULL) == 0);
	for (;;)
		pause();
}

static inline int own_program(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

#endif
