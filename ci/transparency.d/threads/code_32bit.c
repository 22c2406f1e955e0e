/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that goes from 64-bit to 32-bit code and back (as Wine's WoW64 does) computes what it would natively. */
#include <sys/mman.h>

#include "check.h"

#define CODE_32 0x23
#define CODE_64 0x33
#define STEPS 400000
#define STUB 0x40

static unsigned char *low;

/* In memory that 32 bits reach: eax = ecx rounds of eax * 5 + 1, and back, to where r13 says with the stack of r12. */
static void make_code(void)
{
	unsigned char to_64[] = { 0xea, 0, 0, 0, 0, CODE_64, 0 }; /* ljmp $CODE_64, $STUB */
	static const unsigned char loop[] = {
		0x8d, 0x44, 0x80, 0x01, /* lea 1(%eax,%eax,4), %eax */
		0x49, /* dec %ecx; REX in 64-bit code */
		0x75, 0xf9, /* jnz */
	};
	static const unsigned char stub[] = {
		0x4c, 0x89, 0xe4, /* mov %r12, %rsp */
		0x41, 0xff, 0xe5, /* jmp *%r13 */
	};
	uint32_t target;

	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	CHECK(low != MAP_FAILED);
	target = (uint32_t)(uintptr_t)low + STUB;
	memcpy(to_64 + 1, &target, sizeof(target));
	memcpy(low, loop, sizeof(loop));
	memcpy(low + sizeof(loop), to_64, sizeof(to_64));
	memcpy(low + STUB, stub, sizeof(stub));
}

static uint32_t in_32bit_code(uint32_t value, void *stack_top)
{
	struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) entry = { (uint32_t)(uintptr_t)low, CODE_32 };
	uint64_t rax = value, rcx = STEPS;

	/* r12 and r13 keep their content in 32-bit code, which does not know them. */
	__asm__ volatile("movq %%rsp, %%r12\n\t"
			 "leaq 1f(%%rip), %%r13\n\t"
			 "movq %[stack], %%rsp\n\t"
			 "ljmp *(%[entry])\n\t"
			 "1:"
			 : "+a"(rax), "+c"(rcx)
			 : [stack] "r"(stack_top), [entry] "r"(&entry)
			 : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	return (uint32_t)rax;
}

static uint32_t in_64bit_code(uint32_t value)
{
	for (volatile int i = 0; i < STEPS; i++)
		value = value * 5 + 1;
	return value;
}

static void *worker(void *arg)
{
	uint32_t id = (uint32_t)(intptr_t)arg;
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(stack != MAP_FAILED);
	settle();
	for (long i = 0; i < iterations; i++) {
		uint32_t value = id * 1000003u + (uint32_t)i;

		CHECK(in_32bit_code(value, stack + 65536) == in_64bit_code(value));
		CHECK(getppid() >= 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	make_code();
	run_threads(threads, worker);
	puts("all came");
	return 0;
}
