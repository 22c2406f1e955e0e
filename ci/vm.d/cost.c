/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init of a machine that counts what an unshared process pays: the guest instructions of 1,000,000 getppid calls and
 * of 100,000 first touches of anonymous pages.
 *
 * For one virtual CPU under QEMU's -icount shift=0,sleep=off: there the time stamp counter goes on by exactly one at each
 * instruction, those of the kernel included. Each piece of the work (100 calls, or one touch) is counted by itself, and
 * the count that most pieces have is what the work costs: the others were interrupted by the timer, or had the kernel
 * refill a list of free pages. Prints for each kind of work "cost NAME N INSTRUCTIONS: COUNT for M of PIECES pieces", where
 * INSTRUCTIONS is that count COUNT for all pieces, and M how many had exactly that.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#define CALLS	1000000
#define AT_ONCE 100
#define TOUCHES 100000
#define PAGE	4096UL
#define PAGES	1000
/* Rounds before the first that counts bring caches, page tables and free lists into the state they then stay in. */
#define WARM_UP 2

static unsigned long counts[TOUCHES];

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *name, int total, int pieces)
{
	unsigned long common = 0;
	int most = 0;

	qsort(counts, pieces, sizeof(counts[0]), compare);
	for (int i = 0, next; i < pieces; i = next) {
		for (next = i; next < pieces && counts[next] == counts[i]; next++)
			;
		if (next - i > most) {
			most = next - i;
			common = counts[i];
		}
	}
	printf("cost %s %d %lu: %lu for %d of %d pieces\n", name, total, common * pieces, common, most, pieces);
}

static void measure_calls(void)
{
	for (int round = 0; round <= WARM_UP; round++) {
		for (int i = 0; i < CALLS / AT_ONCE; i++) {
			unsigned long start = __rdtsc();

			for (int k = 0; k < AT_ONCE; k++)
				syscall(SYS_getppid);
			counts[i] = __rdtsc() - start;
		}
	}
	report("getppid", CALLS, CALLS / AT_ONCE);
}

static void measure_touches(void)
{
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int round = -WARM_UP; round < TOUCHES / PAGES; round++) {
		if (pages == MAP_FAILED || madvise(pages, PAGES * PAGE, MADV_DONTNEED))
			return;
		for (int i = 0; i < PAGES; i++) {
			unsigned long start = __rdtsc();

			*(volatile char *)(pages + i * PAGE) = 1;
			start = __rdtsc() - start;
			if (round >= 0)
				counts[round * PAGES + i] = start;
		}
	}
	report("touch", TOUCHES, TOUCHES);
}

int main(void)
{
	dup2(open("/dev/console", O_RDWR), STDOUT_FILENO);
	measure_calls();
	measure_touches();
	printf("cost end\n");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
