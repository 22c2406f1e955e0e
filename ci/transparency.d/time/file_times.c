/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the times of a file that a worker writes lie between two readings of the coarse clock, and futimens sets what it is told. */
#include "time.h"
#include <fcntl.h>
#include <sys/stat.h>

static void *worker(void *arg)
{
	char name[16];

	snprintf(name, sizeof(name), "file%d", (int)(intptr_t)arg);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct timespec set[2] = { { 1000 + i, 5 }, { 0, UTIME_OMIT } };
		long before = now(CLOCK_REALTIME_COARSE), after;
		struct stat st, was;
		int fd = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

		CHECK(fd >= 0 && write(fd, "x", 1) == 1 && fstat(fd, &st) == 0);
		after = now(CLOCK_REALTIME);
		CHECK(nanoseconds(&st.st_mtim) >= before && nanoseconds(&st.st_mtim) <= after);
		CHECK(futimens(fd, set) == 0 && fstat(fd, &was) == 0);
		CHECK(nanoseconds(&was.st_atim) == (1000 + i) * SECOND + 5);
		CHECK(nanoseconds(&was.st_mtim) == nanoseconds(&st.st_mtim));
		set[1].tv_nsec = UTIME_NOW;
		CHECK(futimens(fd, set) == 0 && fstat(fd, &was) == 0);
		CHECK(nanoseconds(&was.st_mtim) >= nanoseconds(&st.st_mtim) && close(fd) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	run_threads(threads, worker);
	printf("files %d\n", threads);
	return 0;
}
