/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a directory of 300 names read in small parts by each of many threads has every name once, in any order; seeking works. */
#include <dirent.h>
#include <sys/syscall.h>

#include "io.h"

#define NAMES 300

struct entry {
	uint64_t number;
	int64_t next;
	uint16_t length;
	unsigned char type;
	char name[];
};

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		int fd = open("names", O_RDONLY | O_DIRECTORY | O_CLOEXEC), seen[NAMES] = { 0 }, dots = 0;
		char buffer[512] __attribute__((aligned(8)));
		struct dirent *found;
		DIR *stream;
		long n, count = 0, place;
		char name[256];

		CHECK(fd >= 0);
		while ((n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0)
			for (long at = 0; at < n;) {
				struct entry *entry = (struct entry *)(buffer + at);

				if (entry->name[0] == '.') {
					dots++;
				} else {
					int number = atoi(entry->name + 5);

					CHECK(number >= 0 && number < NAMES && seen[number]++ == 0);
				}
				at += entry->length;
			}
		CHECK(n == 0 && dots == 2 && lseek(fd, 0, SEEK_SET) == 0);
		CHECK(ERROR_OF(syscall(SYS_getdents64, fd, buffer, 8)) == EINVAL);
		for (int k = 0; k < NAMES; k++)
			CHECK(seen[k] == 1);
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		stream = fdopendir(fd);
		CHECK(stream);
		while (count < 100 && readdir(stream))
			count++;
		place = telldir(stream);
		found = readdir(stream);
		CHECK(found);
		strcpy(name, found->d_name);
		while (readdir(stream))
			count++;
		CHECK(count + 1 == NAMES + 2);
		seekdir(stream, place);
		found = readdir(stream);
		CHECK(found && strcmp(found->d_name, name) == 0 && closedir(stream) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char name[32];

	arguments(argc, argv, 3);
	CHECK(mkdir("names", 0700) == 0);
	for (int k = 0; k < NAMES; k++) {
		snprintf(name, sizeof(name), "names/name-%d", k);
		CHECK(close(new_file(name)) == 0);
	}
	run_workers(threads, worker);
	for (int k = 0; k < NAMES; k++) {
		snprintf(name, sizeof(name), "names/name-%d", k);
		CHECK(unlink(name) == 0);
	}
	CHECK(rmdir("names") == 0);
	printf("names %ld\n", threads * iterations * NAMES);
	return 0;
}
