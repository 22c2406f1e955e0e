/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the core file of a process whose first thread aborts has the registers with which each other thread computed. */
/* Ends: SIGABRT */
/* Check: check */
#include <sys/procfs.h>
#include <sys/user.h>

#include "core.h"

#define MARK 0x5ca1ab1e00000000ull

static volatile int computing;

static _Noreturn void compute(uint64_t mark)
{
	__asm__ volatile("movq %0, %%r12\n\t"
			 "lock incl %1\n\t"
			 "1: lea 1(%%r13), %%r13\n\t"
			 "jmp 1b"
			 :
			 : "r"(mark), "m"(computing)
			 : "r12", "r13", "memory");
	__builtin_unreachable();
}

static void *worker(void *arg)
{
	settle();
	paint_own((int)(intptr_t)arg);
	meet();
	compute(MARK + (uint64_t)(intptr_t)arg);
}

/* One bit for each worker whose mark is in the registers of a thread. */
static uint64_t marks_in(const unsigned char *notes, const unsigned char *end)
{
	uint64_t marks = 0;

	while (notes + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *note = (const void *)notes;
		const unsigned char *name = notes + sizeof(*note);
		const unsigned char *content = name + ((note->n_namesz + 3) & ~3u);

		if (note->n_type == NT_PRSTATUS) {
			const struct elf_prstatus *status = (const void *)content;
			const struct user_regs_struct *registers = (const void *)&status->pr_reg;

			if (registers->r12 - MARK < (uint64_t)threads)
				marks |= 1ull << (registers->r12 - MARK);
		}
		notes = content + ((note->n_descsz + 3) & ~3u);
	}
	return marks;
}

static int check_registers(const unsigned char *core)
{
	const Elf64_Ehdr *header = (const void *)core;
	const Elf64_Phdr *segments = (const void *)(core + header->e_phoff);
	uint64_t marks = 0;

	for (int i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_NOTE)
			marks |= marks_in(core + segments[i].p_offset,
					  core + segments[i].p_offset + segments[i].p_filesz);
	if (marks == (1ull << threads) - 1)
		return 0;
	fprintf(stderr, "the marks of these of %d threads are in the core file: 0x%lx\n", threads, (unsigned long)marks);
	return 1;
}

int main(int argc, char **argv)
{
	size_t size;

	if (is_check(argc, argv))
		return check_core() || check_registers(map_core(&size));
	arguments(argc, argv, 1);
	want_core();
	map_area();
	start_workers(worker, threads + 1);
	meet();
	while (computing < threads)
		;
	puts("all compute");
	fflush(stdout);
	abort();
}
