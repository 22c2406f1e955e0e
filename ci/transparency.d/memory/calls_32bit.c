/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that is unmapped and mapped anew by the 32-bit system calls (int 0x80) is empty for all threads. */
/* Limit: what is captured at home is 64-bit calls */
#include <sys/wait.h>

#include "memory.h"

#define NR_GETPID 20
#define NR_MUNMAP 91
#define NR_MMAP2 192

static volatile unsigned char *area;

static int call_32bit(int nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	long answer;

	/* The sixth argument is in ebp, the frame's. */
	__asm__ volatile("push %%rbp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %%rbp"
			 : "=a"(answer)
			 : "a"((long)nr), "b"((long)a), "c"((long)b), "d"((long)c), "S"((long)d), "D"(-1L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)answer;
}

/* Without CONFIG_IA32_EMULATION the instruction is a fault. */
static int has_32bit_calls(void)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0)
		_exit(call_32bit(NR_GETPID, 0, 0, 0, 0) != getpid());
	CHECK(waitpid(child, &status, 0) == child);
	return status == 0;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint32_t address = (uint32_t)(uintptr_t)area, size = (uint32_t)(threads * PAGE);

	settle();
	for (long i = 1; i <= iterations; i++) {
		area[me * PAGE] = (unsigned char)(i | 1);
		meet();
		if (me == i % threads) {
			CHECK(call_32bit(NR_MUNMAP, address, size, 0, 0) == 0);
			CHECK((uint32_t)call_32bit(NR_MMAP2, address, size, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED) == address);
		}
		meet();
		for (int j = 0; j < threads; j++)
			CHECK(area[j * PAGE] == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 40);
	area = mmap(NULL, (size_t)threads * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	CHECK(area != MAP_FAILED);
	if (!has_32bit_calls()) {
		fprintf(stderr, "this kernel has no 32-bit system calls\n");
		return 77;
	}
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	puts("empty for all");
	return 0;
}
