/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: credentials set by the bare system call are the one thread's: its files belong to its own user, the others' to theirs. */
#include "identity.h"
#include <sys/fsuid.h>
#include <sys/stat.h>

static uid_t user;
static int root;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	uid_t own = root && me % 2 ? 20000 + (uid_t)me : user;
	struct stat st;

	settle();
	if (own != user)
		CHECK(syscall(SYS_setfsuid, own) == (long)user);
	for (long i = 0; i < iterations; i++) {
		int fd;

		CHECK(syscall(SYS_setfsuid, -1) == (long)own && geteuid() == user);
		fd = open("own", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
		if (own != user) {
			CHECK(fd == -1 && errno == EACCES);
		} else {
			CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == user && close(fd) == 0);
		}
	}
	if (own != user)
		CHECK(syscall(SYS_setfsuid, user) == (long)own);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	int fd;

	user = geteuid();
	root = user == 0;
	fd = open("own", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && close(fd) == 0);
	run_threads(threads, worker);
	CHECK(unlink("own") == 0);
	printf("threads %d\n", threads);
	return 0;
}
