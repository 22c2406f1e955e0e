/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: rename replaces, RENAME_NOREPLACE lets one of many threads win, RENAME_EXCHANGE swaps, and open files stay what they are. */
#include <sys/syscall.h>

#include "io.h"

static atomic_long won;

static int renamed(const char *from, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char own[32], byte;

	snprintf(own, sizeof(own), "own-%d", (int)me);
	settle();
	for (long i = 0; i < iterations; i++) {
		int fd = new_file(own), prize, error = 0;

		byte = (char)('a' + me);
		CHECK(write(fd, &byte, 1) == 1);
		meet();
		if (renamed(own, "prize", 1) == 0)
			atomic_fetch_add(&won, 1);
		else
			error = errno;
		meet();
		CHECK(error == 0 || error == EEXIST);
		CHECK(atomic_load(&won) == i + 1);
		prize = open("prize", O_RDONLY | O_CLOEXEC);
		CHECK(prize >= 0 && read(prize, &byte, 1) == 1 && (byte == 'a' + me) == (error == 0) &&
		      close(prize) == 0);
		CHECK((access(own, F_OK) == 0) == (error == EEXIST));
		meet();
		if (error == 0) {
			struct stat st, open_one;

			CHECK(fstat(fd, &open_one) == 0 && close(new_file(own)) == 0);
			CHECK(renamed(own, "prize", 2) == 0 && stat("prize", &st) == 0 && st.st_size == 0);
			CHECK(stat(own, &st) == 0 && st.st_size == 1 && st.st_ino == open_one.st_ino);
			CHECK(rename(own, "prize") == 0 && stat("prize", &st) == 0 && st.st_ino == open_one.st_ino);
			CHECK(unlink("prize") == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0);
		}
		CHECK(ERROR_OF(renamed("missing", "other", 0)) == ENOENT &&
		      ERROR_OF(renamed("missing", "other", 3)) == EINVAL);
		CHECK(pread(fd, &byte, 1, 0) == 1 && byte == 'a' + me && close(fd) == 0);
		meet();
	}
	unlink(own);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(threads, worker);
	printf("won %ld\n", atomic_load(&won));
	return 0;
}
