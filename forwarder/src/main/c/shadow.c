/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shadow's loader: maps the agent region that the daemon made (argv[1]: a path to its memfd) at its place and jumps
 * into it. Everything of this program is unmapped there.
 */
#include "agent.h"

#include <sys/syscall.h>

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define MAP_SHARED_FIXED 0x11

__attribute__((used)) static void start(long *stack)
{
	long argc = stack[0];
	const char *path = argc > 1 ? (const char *)stack[2] : "";
	long fd = sys6(__NR_open, (long)path, 02000002, 0, 0, 0, 0); /* O_RDWR | O_CLOEXEC */
	long *table = (long *)AGENT_BASE;

	if (fd < 0)
		sys6(__NR_exit_group, 121, 0, 0, 0, 0, 0);
	if (sys6(__NR_mmap, AGENT_BASE, AGENT_CODE_SIZE, 5, MAP_SHARED_FIXED, fd, 0) != AGENT_BASE)
		sys6(__NR_exit_group, 122, 0, 0, 0, 0, 0);
	if (sys6(__NR_mmap, SLOT_BASE, AGENT_SIZE - AGENT_CODE_SIZE, 3, MAP_SHARED_FIXED, fd, AGENT_CODE_SIZE) !=
	    SLOT_BASE)
		sys6(__NR_exit_group, 123, 0, 0, 0, 0, 0);
	sys6(__NR_close, fd, 0, 0, 0, 0, 0);
	/* Entry 6 of the table is shadow_entry (entry.S). */
	__asm__ volatile("jmp *%0" : : "r"(table[6]), "D"(SLOT_BASE) : "memory");
	__builtin_unreachable();
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tandq $-16, %rsp\n\tcall start\n");
