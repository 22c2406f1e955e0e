/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread with descriptors of its own (CLONE_FILES) maps the file that it means by a number, and no other's. */
#include <sched.h>

#include "threads.h"

#define FD 200
#define SIZE 8192

/* The file is nothing but `letter`, and has no name any more. */
static void open_filled(char letter)
{
	char name[16] = { 'o', 'f', letter, 0 }, bytes[SIZE];
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0 && unlink(name) == 0);
	memset(bytes, letter, SIZE);
	CHECK(write(fd, bytes, SIZE) == SIZE);
	CHECK(dup2(fd, FD) == FD && close(fd) == 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char letter = (char)('a' + me);

	settle();
	CHECK(unshare(CLONE_FILES) == 0);
	open_filled(letter);
	meet();
	for (long i = 0; i < iterations; i++) {
		char *copy = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, FD, 0), *again;

		CHECK(copy != MAP_FAILED && copy[5] == letter && copy[SIZE - 1] == letter);
		copy[0] = '!';
		meet();
		again = mmap(copy, SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, FD, 0);
		CHECK(again == copy && copy[0] == letter && copy[SIZE - 1] == letter);
		CHECK(munmap(copy, SIZE) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char *copy;

	arguments(argc, argv, 10);
	open_filled('M');
	run_workers(worker);
	copy = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, FD, 0);
	CHECK(copy != MAP_FAILED && copy[0] == 'M');
	printf("mapped %ld\n", threads * iterations);
	return 0;
}
