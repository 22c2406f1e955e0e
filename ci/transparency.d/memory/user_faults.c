/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program's own userfaultfd gets moved threads' faults, of pages they had before and after calls that failed, too, or is refused as natively. */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "memory.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define PAGES 8

/* A mode that no kernel has. */
#define NO_MODE (1 << 10)

static unsigned char *area;
static int uffd, other, stop[2];

/* Fills each missing page with its pattern until `stop` is closed. */
static void *handler(void *arg)
{
	uint64_t page[PAGE / 8];

	(void)arg;
	for (;;) {
		struct pollfd waits[2] = { { uffd, POLLIN, 0 }, { stop[0], 0, 0 } };
		struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };
		struct uffd_msg message;
		ssize_t got;

		CHECK(poll(waits, 2, -1) > 0);
		if (waits[1].revents)
			return NULL;
		got = read(uffd, &message, sizeof(message));
		if (got < 0) {
			CHECK(errno == EAGAIN);
			continue;
		}
		CHECK(got == sizeof(message) && message.event == UFFD_EVENT_PAGEFAULT);
		copy.dst = message.arg.pagefault.address & ~(uint64_t)(PAGE - 1);
		paint(page, PAGE, (copy.dst - (uintptr_t)area) / PAGE);
		/* Two threads may have waited for one page. */
		CHECK(ioctl(uffd, UFFDIO_COPY, &copy) == 0 || errno == EEXIST);
	}
}

/* Half of the pages; the others are of the same mapping. */
static void *writer(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	meet();
	for (int page = PAGES / 2 + (int)me; page < PAGES; page += threads)
		area[page * PAGE] = (unsigned char)me;
	meet();
	return NULL;
}

static int registers(int fd, int first, int pages, uint64_t mode)
{
	struct uffdio_register range = { .range = { (uintptr_t)area + (uintptr_t)first * PAGE, (uint64_t)pages * PAGE }, .mode = mode };

	return ioctl(fd, UFFDIO_REGISTER, &range) == 0 ? 0 : errno;
}

/* Calls that leave the registration as it is: refused ones, and one that asks for what is so. */
static void register_again(intptr_t me)
{
	CHECK(registers(uffd, 0, PAGES, NO_MODE) == EINVAL);
	CHECK(registers(other, (int)me % PAGES, 1, UFFDIO_REGISTER_MODE_MISSING) == EBUSY);
	CHECK(registers(uffd, (int)me % PAGES, 1, UFFDIO_REGISTER_MODE_MISSING) == 0);
	CHECK(registers(other, 0, PAGES, NO_MODE) == EINVAL);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	register_again(me);
	meet();
	for (int k = 0; k < PAGES; k++) {
		int page = (int)(k + me) % PAGES;

		CHECK(painted(area + page * PAGE, PAGE, (uint64_t)page));
	}
	meet();
	area[me] = (unsigned char)me;
	meet();
	CHECK(area[(me + 1) % threads] == (me + 1) % threads);
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t id;

	arguments(argc, argv, 1);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (uffd < 0) {
		printf("refused %d\n", errno);
		return 0;
	}
	other = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	area = new_pages(PAGES);
	run_workers(threads, writer);
	CHECK(ioctl(uffd, UFFDIO_API, &api) == 0 && ioctl(other, UFFDIO_API, &api) == 0);
	CHECK(registers(uffd, 0, PAGES, UFFDIO_REGISTER_MODE_MISSING) == 0);
	CHECK(madvise(area, PAGES * PAGE, MADV_DONTNEED) == 0);
	CHECK(pipe2(stop, O_CLOEXEC) == 0 && pthread_create(&id, NULL, handler, NULL) == 0);
	run_workers(threads, worker);
	CHECK(close(stop[1]) == 0 && pthread_join(id, NULL) == 0);
	printf("filled %d\n", PAGES);
	return 0;
}
