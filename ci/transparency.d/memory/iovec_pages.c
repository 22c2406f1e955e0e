/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: writev and readv of 100 pieces, each in a page that another thread wrote last, move every byte to its place. */
#include <sys/uio.h>

#include "memory.h"

#define PIECES 100

static unsigned char *area;

/* Piece `k` has its own length and place in page `k`. */
static struct iovec piece(int k)
{
	return (struct iovec){ area + k * PAGE + k * 8, 8 * (size_t)(1 + k % 40) };
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "pieces-%d", (int)me);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct iovec parts[PIECES];
		ssize_t total = 0;

		for (int k = 0; k < PIECES; k++) {
			parts[k] = piece(k);
			total += (ssize_t)parts[k].iov_len;
			if (k % threads == me)
				paint(parts[k].iov_base, parts[k].iov_len, (uint64_t)(i + k));
		}
		meet();
		CHECK(pwritev(fd, parts, PIECES, 0) == total);
		meet();
		/* One thread reads all back, the last piece first, so that the kernel writes pages that others have. */
		if (me == i % threads) {
			for (int k = 0; k < PIECES; k++) {
				memset(parts[k].iov_base, 0, parts[k].iov_len);
				parts[k].iov_base = area + (PIECES + k) * PAGE;
			}
			CHECK(preadv(fd, parts, PIECES, 0) == total);
		}
		meet();
		for (int k = 0; k < PIECES; k++) {
			CHECK(painted(area + (PIECES + k) * PAGE, parts[k].iov_len, (uint64_t)(i + k)));
			CHECK(filled(piece(k).iov_base, parts[k].iov_len, 0));
		}
		meet();
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	area = new_pages(2 * PIECES);
	run_workers(threads, worker);
	printf("pieces %ld\n", threads * iterations * PIECES);
	return 0;
}
