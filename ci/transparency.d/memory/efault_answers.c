/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: system calls of a moved thread with addresses that are not mapped, or not for this, answer EFAULT and no signal. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include "memory.h"

static long refused;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define EFAULTS(call)                                         \
	do {                                                  \
		errno = 0;                                    \
		CHECK((long)(call) == -1 && errno == EFAULT); \
		calls++;                                      \
	} while (0)

static void *worker(void *arg)
{
	unsigned char *constant = new_pages(1), *closed = new_pages(1);
	void *bad[3] = { (void *)16, closed, (void *)0x7ffffffff000 };
	int ends[2], zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	long calls = 0;

	(void)arg;
	CHECK(zero >= 0 && pipe2(ends, O_CLOEXEC) == 0);
	CHECK(mprotect(constant, PAGE, PROT_READ) == 0 && mprotect(closed, PAGE, PROT_NONE) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		void *at = bad[i % 3];
		struct iovec part = { at, 10 };

		EFAULTS(read(zero, at, 10));
		EFAULTS(write(ends[1], at, 10));
		EFAULTS(readv(zero, &part, 1));
		EFAULTS(writev(ends[1], at, 2));
		EFAULTS(open(at, O_RDONLY));
		EFAULTS(stat(at, (struct stat *)constant));
		EFAULTS(stat("/", at));
		EFAULTS(uname(at));
		EFAULTS(pipe(at));
		EFAULTS(ioctl(ends[0], FIONREAD, at));
		EFAULTS(getcwd(at, 100) ? 0 : -1);
		EFAULTS(poll(at, 2, 0));
		EFAULTS(nanosleep(at, NULL));
		EFAULTS(socketpair(AF_UNIX, SOCK_STREAM, 0, at));
		/* A page that may be read only: good to write from, not to read to. */
		EFAULTS(read(zero, constant, 10));
		EFAULTS(uname((struct utsname *)constant));
		CHECK(write(zero, constant, 10) == 10);
		/* Nothing came into the pipe. */
		CHECK(write(ends[1], "ok", 2) == 2 && read(ends[0], &part, 3) == 2);
	}
	pthread_mutex_lock(&lock);
	refused += calls;
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("refused %ld\n", refused);
	return 0;
}
