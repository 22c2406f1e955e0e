/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: execve that fails says why and changes nothing: the worker, the other threads and their memory go on. */
#include "processes.h"

static atomic_long total;
static char *huge[3];
static pthread_barrier_t barrier;

static void *worker(void *arg)
{
	static char *const words[] = { "x", NULL }, *const none[] = { NULL };
	char *volatile nowhere = (char *)8;
	int fd;

	(void)arg;
	settle();
	/* While one thread is in execve, no other can be created: EAGAIN. */
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < iterations; i++) {
		CHECK(execve("/nonexistent", words, none) == -1 && errno == ENOENT);
		CHECK(execve("/", words, none) == -1 && errno == EACCES);
		CHECK(execve("text", words, none) == -1 && errno == ENOEXEC);
		CHECK(execve("plain", words, none) == -1 && errno == EACCES);
		CHECK(execve("text/x", words, none) == -1 && errno == ENOTDIR);
		CHECK(execve("script", words, none) == -1 && errno == ENOENT);
		CHECK(execve("/bin/sh", huge, none) == -1 && errno == E2BIG);
		CHECK(execve(nowhere, words, none) == -1 && errno == EFAULT);
		fd = open("text", O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0 && fexecve(fd, words, none) == -1 && errno == ENOEXEC && close(fd) == 0);
		atomic_fetch_add(&total, 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "text", "plain", "script" };
		int fd = open(names[i], O_CREAT | O_WRONLY | O_CLOEXEC, i == 1 ? 0600 : 0700);

		CHECK(fd >= 0 && dprintf(fd, i == 2 ? "#!/nonexistent\n" : "\177neither\n") > 0 && close(fd) == 0);
	}
	/* More than any stack limit allows for one string. */
	huge[0] = malloc(1 << 20);
	CHECK(huge[0]);
	memset(huge[0], 'h', (1 << 20) - 1);
	huge[0][(1 << 20) - 1] = 0;
	huge[1] = huge[0];
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("failed %ld\n", atomic_load(&total));
	return 0;
}
