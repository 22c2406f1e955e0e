/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: stat, fstat and statx agree on a file for every thread: kind, mode, links, size, owner, times that were set. */
#include "io.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[32], link_name[32];
	int fd;

	snprintf(name, sizeof(name), "facts-%d", (int)me);
	snprintf(link_name, sizeof(link_name), "second-%d", (int)me);
	fd = new_file(name);
	CHECK(write(fd, "12345", 5) == 5);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct timespec times[2] = { { 1000000 + i, 5000 }, { 2000000 + me, 7000 } };
		mode_t mode = 0600 | (mode_t)(i % 8);
		struct statx facts;
		struct stat st, other;

		CHECK(fchmod(fd, mode) == 0 && link(name, link_name) == 0 && futimens(fd, times) == 0);
		CHECK(stat(name, &st) == 0 && fstat(fd, &other) == 0 && st.st_ino == other.st_ino &&
		      st.st_dev == other.st_dev);
		CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == mode && st.st_nlink == 2 && st.st_size == 5);
		CHECK(st.st_uid == geteuid() && st.st_atim.tv_sec == 1000000 + i && st.st_mtim.tv_sec == 2000000 + me);
		CHECK(statx(AT_FDCWD, link_name, 0, STATX_BASIC_STATS, &facts) == 0);
		CHECK((facts.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS && facts.stx_ino == st.st_ino);
		CHECK(facts.stx_size == 5 && facts.stx_nlink == 2 && facts.stx_mode == st.st_mode &&
		      facts.stx_uid == st.st_uid);
		CHECK(facts.stx_mtime.tv_sec == 2000000 + me &&
		      facts.stx_mtime.tv_nsec == (uint32_t)st.st_mtim.tv_nsec);
		CHECK(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &facts) == 0 && facts.stx_size == 5);
		CHECK(ERROR_OF(statx(AT_FDCWD, "", 0, STATX_SIZE, &facts)) == ENOENT);
		CHECK(ERROR_OF(stat("missing/file", &st)) == ENOENT && unlink(link_name) == 0);
		meet();
		snprintf(name, sizeof(name), "facts-%d", (int)((me + 1) % threads));
		CHECK(stat(name, &st) == 0 && (st.st_mode & 07777) == mode &&
		      st.st_mtim.tv_sec == 2000000 + (me + 1) % threads);
		snprintf(name, sizeof(name), "facts-%d", (int)me);
		meet();
	}
	CHECK(close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(threads, worker);
	printf("files %ld\n", threads * iterations);
	return 0;
}
