/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: UFFDIO_MOVE takes what moved threads wrote, leaves zeros or, in registered memory, faults, or is refused as natively. */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "memory.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef UFFD_FEATURE_MOVE
#define UFFD_FEATURE_MOVE (1 << 16)
#endif

/* struct uffdio_move, since Linux 6.8; the headers may be older. */
struct move {
	uint64_t to, from, bytes, mode;
	int64_t moved;
};

#define MOVE _IOWR(UFFDIO, 0x05, struct move)
#define MOVE_DONTWAKE 1
#define MOVE_ALLOW_SRC_HOLES 2

#define PAGES 8
#define BYTES (PAGES * PAGE)

/* Each round takes three pieces of `pool`, so that what it moves was never moved before. */
#define PIECES 3

/* `low` and `high` are one mapping, registered. */
static unsigned char *pool, *low, *high;
static unsigned char *_Atomic source;
static int uffd, stop[2];

/* 0 or the errno; what was moved must fit it. */
static int move(void *to, void *from, uint64_t bytes, uint64_t mode, uint64_t expected)
{
	struct move request = { (uintptr_t)to, (uintptr_t)from, bytes, mode, 0 };
	int error = ioctl(uffd, MOVE, &request) == 0 ? 0 : errno;

	CHECK(error || expected == bytes);
	CHECK(expected == 0 || request.moved == (int64_t)expected);
	return error;
}

/* Moves each missing page of `low` there from `source` until `stop` is closed. */
static void *handler(void *arg)
{
	(void)arg;
	for (;;) {
		struct pollfd waits[2] = { { uffd, POLLIN, 0 }, { stop[0], 0, 0 } };
		struct move request = { .bytes = PAGE };
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
		request.to = message.arg.pagefault.address & ~(uint64_t)(PAGE - 1);
		CHECK(request.to - (uintptr_t)low < BYTES);
		request.from = (uintptr_t)source + (request.to - (uintptr_t)low);
		/* Two threads may have waited for one page. */
		CHECK(ioctl(uffd, MOVE, &request) == 0 ? request.moved == PAGE : errno == EEXIST);
	}
}

/* What is refused leaves all as it is. */
static void refusals(unsigned char *from)
{
	paint(from, PAGE, 7);
	CHECK(ioctl(uffd, MOVE, (void *)8) == -1 && errno == EFAULT);
	CHECK(move(low, from, 0, 0, 0) == EINVAL && move(low, from, PAGE - 8, 0, 0) == EINVAL);
	CHECK(move(low, from + 8, PAGE, 0, 0) == EINVAL && move(low, from, -(uint64_t)PAGE, 0, 0) == EINVAL);
	CHECK(move(low, from, PAGE, 0x100, 0) == EINVAL);
	/* Where nothing is registered. */
	CHECK(move(from + PAGE, from, PAGE, 0, 0) == EINVAL);
	CHECK(painted(from, PAGE, 7) && filled(from + PAGE, PAGE, 0));
}

/* A move ends at the first page that is not there, unless it may leave holes. */
static void holes(unsigned char *from, uint64_t seed)
{
	for (int page = 0; page < PAGES; page++)
		paint(from + page * PAGE, PAGE, seed + (uint64_t)page);
	CHECK(madvise(from + 2 * PAGE, PAGE, MADV_DONTNEED) == 0);
	CHECK(move(high, from, BYTES, 0, 2 * PAGE) == EAGAIN);
	CHECK(move(high, from, BYTES, 0, 0) == EEXIST);
	CHECK(move(high + 2 * PAGE, from + 2 * PAGE, BYTES - 2 * PAGE, MOVE_ALLOW_SRC_HOLES, BYTES - 2 * PAGE) == 0);
	for (int page = 0; page < PAGES; page++)
		CHECK(page == 2 || painted(high + page * PAGE, PAGE, seed + (uint64_t)page));
	CHECK(filled(from, BYTES, 0));
}

/* What all have written to `from` is wherever `low` is touched. */
static void touch(int me, unsigned char *from, uint64_t seed)
{
	if (me == 0)
		source = from;
	for (int page = me; page < PAGES; page += threads)
		paint(from + page * PAGE, PAGE, seed + (uint64_t)page);
	meet();
	for (int k = 0; k < PAGES; k++) {
		int page = (k + me) % PAGES;

		CHECK(painted(low + page * PAGE, PAGE, seed + (uint64_t)page));
	}
	meet();
	CHECK(filled(from, BYTES, 0));
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	if (me == threads - 1)
		refusals(pool + PIECES * iterations * BYTES);
	meet();
	for (long i = 0; i < iterations; i++) {
		unsigned char *pieces = pool + PIECES * i * BYTES;
		uint64_t seed = 1000 * (uint64_t)i;

		touch(me, pieces, seed);
		meet();
		if (me == i % threads)
			CHECK(move(high, low, BYTES, i % 2 ? MOVE_DONTWAKE : 0, BYTES) == 0);
		meet();
		for (int page = 0; page < PAGES; page++)
			CHECK(painted(high + page * PAGE, PAGE, seed + (uint64_t)page));
		touch(me, pieces + BYTES, seed + 500);
		meet();
		if (me == (i + 1) % threads) {
			CHECK(madvise(low, 2 * BYTES, MADV_DONTNEED) == 0);
			holes(pieces + 2 * BYTES, seed + 700);
			CHECK(madvise(high, BYTES, MADV_DONTNEED) == 0);
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_MOVE };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t id;

	arguments(argc, argv, 4);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) != 0) {
		printf("refused %d\n", errno);
		return 0;
	}
	pool = new_pages((size_t)(PIECES * iterations + 1) * PAGES);
	low = new_pages(2 * PAGES);
	high = low + BYTES;
	range.range.start = (uintptr_t)low;
	range.range.len = 2 * BYTES;
	CHECK(ioctl(uffd, UFFDIO_REGISTER, &range) == 0);
	CHECK(pipe2(stop, O_CLOEXEC) == 0 && pthread_create(&id, NULL, handler, NULL) == 0);
	run_workers(threads, worker);
	CHECK(close(stop[1]) == 0 && pthread_join(id, NULL) == 0);
	printf("moved %ld\n", iterations);
	return 0;
}
