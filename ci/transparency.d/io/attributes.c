/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: extended attributes set by one thread are read, listed and removed by others, or refused as natively. */
#include <sys/xattr.h>

#include "io.h"

static int fd;
static atomic_int refused;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char value[200], got[300];
	char name[32], next[32], list[2000];

	snprintf(name, sizeof(name), "user.thread%d", (int)me);
	snprintf(next, sizeof(next), "user.thread%d", (int)((me + 1) % threads));
	settle();
	for (long i = 0; i < iterations; i++) {
		size_t length = 20 + (size_t)i;
		int present = 0;
		ssize_t n;

		pattern(value, sizeof(value), (uint64_t)(i + me));
		if (fsetxattr(fd, name, value, length, 0) != 0) {
			CHECK(errno == EOPNOTSUPP);
			atomic_store(&refused, 1);
		}
		meet();
		if (atomic_load(&refused))
			return NULL;
		CHECK(fgetxattr(fd, next, NULL, 0) == (ssize_t)length &&
		      getxattr("file", next, got, sizeof(got)) == (ssize_t)length);
		CHECK(matches(got, length, (uint64_t)(i + (me + 1) % threads)));
		CHECK(ERROR_OF(fgetxattr(fd, next, got, 3)) == ERANGE &&
		      ERROR_OF(fgetxattr(fd, "user.none", got, 9)) == ENODATA);
		CHECK(ERROR_OF(fsetxattr(fd, name, "x", 1, XATTR_CREATE)) == EEXIST);
		n = flistxattr(fd, list, sizeof(list));
		CHECK(n > 0);
		for (ssize_t at = 0; at < n; at += (ssize_t)strlen(list + at) + 1)
			present += strncmp(list + at, "user.thread", 11) == 0;
		CHECK(present == threads);
		meet();
		CHECK(fremovexattr(fd, name) == 0 && ERROR_OF(fremovexattr(fd, name)) == ENODATA);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	fd = new_file("file");
	run_workers(threads, worker);
	printf("%s\n", atomic_load(&refused) ? "not here" : "set and read");
	return 0;
}
