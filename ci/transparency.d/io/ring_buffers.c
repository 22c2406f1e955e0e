/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: buffers that are registered with io_uring have what the program wrote last, and get what is read into them, whatever other threads do to the same pages. */
#include "ring.h"

#define PAGES 4
#define HALF 2048

static unsigned char *buffers[MAX_THREADS];

static int fixed(struct ring *ring, int operation, int fd, long i, unsigned char *at)
{
	ring_put(ring, (struct io_uring_sqe){ .opcode = (unsigned char)operation, .fd = fd, .addr = (uintptr_t)at,
					      .len = HALF, .user_data = (uint64_t)i + 1 });
	CHECK(syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
	CHECK(ring_done(ring) == 1);
	return ring_take(ring, (uint64_t)i + 1);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *mine = buffers[me], *other = buffers[(me + 1) % threads], seen[HALF];
	struct iovec all = { mine, PAGES * 4096 };
	struct ring ring;
	char name[32];
	int fd, registered;

	snprintf(name, sizeof(name), "fixed-%d", (int)me);
	fd = new_file(name);
	settle();
	pattern(mine, PAGES * 4096, (uint64_t)me);
	registered = ring_open(&ring) && syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &all, 1) == 0;
	meet();
	for (long i = 0; i < iterations; i++) {
		for (int page = 0; page < PAGES; page++) {
			unsigned char *at = mine + page * 4096;

			/* The other half of each page is another thread's to write. */
			memset(other + page * 4096 + HALF, (int)(i + me), HALF);
			if (!registered)
				continue;
			pattern(at, HALF, (uint64_t)(i + page));
			CHECK(fixed(&ring, IORING_OP_WRITE_FIXED, fd, i, at) == HALF);
			CHECK(pread(fd, seen, HALF, 0) == HALF && matches(seen, HALF, (uint64_t)(i + page)));
			pattern(seen, HALF, (uint64_t)(i + page + 100));
			CHECK(pwrite(fd, seen, HALF, 0) == HALF);
			memset(at, 0, HALF);
			memset(other + page * 4096 + HALF, (int)(i + me + 1), HALF);
			CHECK(fixed(&ring, IORING_OP_READ_FIXED, fd, i, at) == HALF);
			CHECK(matches(at, HALF, (uint64_t)(i + page + 100)));
		}
	}
	meet();
	CHECK(mine[HALF] == mine[4095] && close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	for (int i = 0; i < threads; i++)
		CHECK((buffers[i] = aligned_alloc(4096, PAGES * 4096)));
	run_workers(threads, worker);
	printf("buffers %ld\n", threads * iterations * PAGES);
	return 0;
}
