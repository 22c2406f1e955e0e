/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter that ends the process on calls from outside of the C library's code meets none. */
/* Flags: -D_GNU_SOURCE */
#include <link.h>

#include "own_filter.h"

static uintptr_t code_start, code_end;

static int look(struct dl_phdr_info *object, size_t size, void *arg)
{
	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		uintptr_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
		uintptr_t end = start + object->dlpi_phdr[i].p_memsz;

		if (object->dlpi_phdr[i].p_type == PT_LOAD && start <= (uintptr_t)arg && (uintptr_t)arg < end) {
			code_start = start;
			code_end = end;
		}
	}
	return 0;
}

static void *worker(void *arg)
{
	const struct sock_filter filter[] = {
		LOAD(instruction_pointer) /* little-endian: the low half */,
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)code_start, 0, 4),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (unsigned)code_end, 3, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(code_start >> 32), 0, 1),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
	};

	travel();
	INSTALL(filter, 0);
	for (long i = 0; i < iterations; i++) {
		compute();
		CHECK(getppid() > 0 && syscall(NO_CALL, 0) == -1 && errno == ENOSYS);
	}
	pthread_exit(arg);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	prepare_ends();
	/* Bound already. */
	CHECK(syscall(SYS_getppid) >= 0);
	dl_iterate_phdr(look, (void *)(uintptr_t)getppid);
	CHECK(code_start);
	if (code_start >> 32 != code_end >> 32) {
		fprintf(stderr, "the C library's code lies across a border of 4 GiB\n");
		return 77;
	}
	run_threads(threads, worker);
	puts("all from the library");
	return 0;
}
