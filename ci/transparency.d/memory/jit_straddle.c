/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an instruction over the border of two pages runs with both halves as last written, each by another thread. */
#include "memory.h"

static unsigned char *code;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	/* mov eax, imm32 with its opcode and half of its value in the first page; then ret. */
	unsigned char *at = code + PAGE - 3;

	settle();
	for (long i = 0; i < iterations; i++) {
		uint32_t low = (uint32_t)i * 257 % 65536, high = (uint32_t)i * 31 % 32768;

		if (me == i % threads) {
			at[0] = 0xb8;
			at[1] = (unsigned char)low;
			at[2] = (unsigned char)(low >> 8);
		}
		if (me == (i + 1) % threads) {
			at[3] = (unsigned char)high;
			at[4] = (unsigned char)(high >> 8);
			at[5] = 0xc3;
		}
		meet();
		CHECK(((uint32_t (*)(void))(uintptr_t)at)() == (low | high << 16));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 30);
	code = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)code != MAP_FAILED);
	run_workers(threads, worker);
	printf("calls %ld\n", threads * iterations);
	return 0;
}
