/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a direct transfer (O_DIRECT, io_submit) into a part of a page loses nothing while other threads write other parts of it. */
#include <linux/aio_abi.h>

#include "io.h"

#define BLOCK 512
#define PAGES 8
#define BLOCKS 16

static unsigned char *pages;
static atomic_int over;
static int fd;

static void check_block(int page, long i)
{
	CHECK(matches(pages + page * 4096, BLOCK, (uint64_t)((i + page) % BLOCKS)));
}

static void transfers(void)
{
	aio_context_t context = 0;
	int asynchronous = syscall(SYS_io_setup, PAGES, &context) == 0;

	for (long i = 0; i < iterations; i++) {
		struct iocb requests[PAGES] = { 0 }, *list[PAGES];
		struct io_event events[PAGES];

		for (int page = 0; page < PAGES; page++) {
			memset(pages + page * 4096, 0, BLOCK);
			CHECK(pread(fd, pages + page * 4096, BLOCK, (i + page) % BLOCKS * BLOCK) == BLOCK);
			check_block(page, i);
		}
		if (!asynchronous)
			continue;
		for (int page = 0; page < PAGES; page++) {
			memset(pages + page * 4096, 0, BLOCK);
			requests[page].aio_lio_opcode = IOCB_CMD_PREAD;
			requests[page].aio_fildes = (unsigned)fd;
			requests[page].aio_buf = (uintptr_t)(pages + page * 4096);
			requests[page].aio_nbytes = BLOCK;
			requests[page].aio_offset = (i + page) % BLOCKS * BLOCK;
			list[page] = &requests[page];
		}
		CHECK(syscall(SYS_io_submit, context, PAGES, list) == PAGES);
		CHECK(syscall(SYS_io_getevents, context, PAGES, PAGES, events, NULL) == PAGES);
		for (int page = 0; page < PAGES; page++) {
			CHECK(events[page].res == BLOCK);
			check_block(page, i);
		}
	}
	if (asynchronous)
		CHECK(syscall(SYS_io_destroy, context) == 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t count = 0;

	settle();
	meet();
	if (me == 0) {
		fd = open("blocks", O_RDWR | O_DIRECT | O_CLOEXEC);
		if (fd < 0) {
			CHECK(errno == EINVAL);
			fd = open("blocks", O_RDWR | O_CLOEXEC);
		}
		CHECK(fd >= 0);
		transfers();
		atomic_store(&over, 1);
		return NULL;
	}
	while (!atomic_load(&over)) {
		for (int page = 0; page < PAGES; page++) {
			volatile uint64_t *word = (volatile uint64_t *)(pages + page * 4096 + (me + 1) * 1024 % 4096);

			CHECK(*word == count);
			*word = count + 1;
		}
		count++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char block[BLOCK];
	int plain = new_file("blocks");

	arguments(argc, argv, 200);
	if (threads > 3)
		threads = 3;
	for (int i = 0; i < BLOCKS; i++) {
		pattern(block, BLOCK, (uint64_t)i);
		CHECK(pwrite(plain, block, BLOCK, i * BLOCK) == BLOCK);
	}
	CHECK(fsync(plain) == 0);
	pages = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)pages != MAP_FAILED);
	run_workers(threads, worker);
	printf("blocks %ld\n", iterations * PAGES);
	return 0;
}
