/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: files without a name (memfd, O_TMPFILE, unlinked) are read and written by all threads, through /proc/self/fd too. */
#include "io.h"

static int files[3];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char buffer[600];
	char path[64];

	settle();
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < 3; k++) {
			struct stat st;
			int again;

			pattern(buffer, 600, (uint64_t)(i + k + me * 9));
			CHECK(pwrite(files[k], buffer, 600, me * 600) == 600);
			meet();
			snprintf(path, sizeof(path), "/proc/self/fd/%d", files[k]);
			again = open(path, O_RDONLY | O_CLOEXEC);
			CHECK(again >= 0 && pread(again, buffer, 600, (me + 1) % threads * 600) == 600 &&
			      close(again) == 0);
			CHECK(matches(buffer, 600, (uint64_t)(i + k + (me + 1) % threads * 9)));
			CHECK(fstat(files[k], &st) == 0 && st.st_nlink == 0 && st.st_size == threads * 600);
			meet();
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	files[0] = memfd_create("nameless", MFD_CLOEXEC);
	files[1] = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	files[2] = new_file("gone");
	CHECK(files[0] >= 0 && files[2] >= 0 && unlink("gone") == 0);
	if (files[1] < 0) {
		/* Not every file system can. */
		CHECK(errno == EOPNOTSUPP || errno == EISDIR);
		files[1] = memfd_create("instead", MFD_CLOEXEC);
	}
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)(hash_file(files[0]) ^ hash_file(files[1]) ^ hash_file(files[2])));
	return 0;
}
