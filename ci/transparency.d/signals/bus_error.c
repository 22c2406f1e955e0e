/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: touching a mapped file behind its end is SIGBUS with BUS_ADRERR and the address; once it is longer, it is memory. */
#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>

#include "signals.h"

static __thread sigjmp_buf escape;
static __thread void *volatile address;
static char *map;
static int file;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(number == SIGBUS && info->si_code == BUS_ADRERR);
	address = info->si_addr;
	siglongjmp(escape, 1);
}

static void expect_bus(volatile char *at, int write)
{
	if (sigsetjmp(escape, 1) == 0) {
		if (write)
			*at = 1;
		else
			(void)*at;
		CHECK(!"allowed");
	}
	CHECK(address == (void *)at);
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		expect_bus(map + (me + 1) * 4096 + i, 0);
		expect_bus(map + (me + 1) * 4096 + i, 1);
		CHECK(map[me] == 'a' + me);
	}
}

static void after(void)
{
	CHECK(map[(me + 1) * 4096] == 0);
	map[(me + 1) * 4096 + 9] = 'b';
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	file = open("short", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < threads; i++)
		CHECK(pwrite(file, (char[]){ (char)('a' + i) }, 1, i) == 1);
	map = mmap(NULL, 4096 * (size_t)(threads + 1), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK((void *)map != MAP_FAILED);
	handle(SIGBUS, on_fault, 0);
	start_workers(body);
	end_workers();
	CHECK(ftruncate(file, 4096 * (threads + 1)) == 0);
	start_workers(after);
	end_workers();
	for (int i = 0; i < threads; i++) {
		char byte;

		CHECK(pread(file, &byte, 1, 4096 * (i + 1) + 9) == 1 && byte == 'b');
	}
	CHECK(unlink("short") == 0);
	printf("faults %ld\n", 2 * threads * iterations);
	return 0;
}
