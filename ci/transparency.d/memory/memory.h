/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs on memory share: pages, patterns that tell every byte of every generation apart, a barrier of all
 * workers, and accesses whose fault is an answer instead of the end.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"

#define PAGE 4096

/* What an access came to: 0, or the si_code of its SIGSEGV, or BUS plus that of its SIGBUS. */
#define ALLOWED 0
#define BUS 100

static pthread_barrier_t barrier;
static __thread sigjmp_buf escape;
static __thread volatile int expecting;
static __thread void *volatile fault_address;

/* Waits for all workers that `run_workers` started. */
static inline void meet(void)
{
	pthread_barrier_wait(&barrier);
}

/* Runs `body` in `count` threads which can `meet`. */
static inline void run_workers(int count, void *(*body)(void *))
{
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)count) == 0);
	run_threads(count, body);
}

static inline void on_fault(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(expecting);
	fault_address = info->si_addr;
	siglongjmp(escape, number == SIGBUS ? BUS + info->si_code : info->si_code);
}

/* From here on `FAULT` may be used; a fault outside of it ends the program with status 1. */
static inline void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0);
}

/* Executes `statement`; what its memory accesses came to. */
#define FAULT(statement)                                     \
	({                                                   \
		int outcome_ = sigsetjmp(escape, 1);         \
                                                             \
		if (outcome_ == ALLOWED) {                   \
			expecting = 1;                       \
			statement;                           \
		}                                            \
		expecting = 0;                               \
		outcome_;                                    \
	})

/* What reading or writing the byte at `address` comes to; the fault must name that very address. */
static inline int try_read(const volatile void *address)
{
	int outcome = FAULT((void)*(const volatile char *)address);

	CHECK(outcome == ALLOWED || fault_address == address);
	return outcome;
}

static inline int try_write(volatile void *address, char value)
{
	int outcome = FAULT(*(volatile char *)address = value);

	CHECK(outcome == ALLOWED || fault_address == address);
	return outcome;
}

/* New private anonymous memory of `pages` pages. */
static inline unsigned char *new_pages(size_t pages)
{
	void *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

/* Words that depend on `seed` and their place; `bytes` is a multiple of 8. `painted` tells if all are there. */
static inline uint64_t paint_word(uint64_t seed, size_t at)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ull + at * 0xd1342543de82ef95ull;
}

static inline void paint(void *memory, size_t bytes, uint64_t seed)
{
	volatile uint64_t *words = memory;

	for (size_t i = 0; i < bytes / 8; i++)
		words[i] = paint_word(seed, i);
}

static inline int painted(const void *memory, size_t bytes, uint64_t seed)
{
	const volatile uint64_t *words = memory;

	for (size_t i = 0; i < bytes / 8; i++)
		if (words[i] != paint_word(seed, i))
			return 0;
	return 1;
}

static inline int filled(const void *memory, size_t bytes, unsigned char value)
{
	const volatile unsigned char *at = memory;

	for (size_t i = 0; i < bytes; i++)
		if (at[i] != value)
			return 0;
	return 1;
}

/* A new file `name` in the working directory of `pages` pages, each painted with its index; the caller unlinks it. */
static inline int painted_file(const char *name, int pages)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t page[PAGE / 8];

	CHECK(fd >= 0);
	for (int i = 0; i < pages; i++) {
		paint(page, PAGE, (uint64_t)i);
		CHECK(pwrite(fd, page, PAGE, (off_t)i * PAGE) == PAGE);
	}
	return fd;
}

/* Waits for `child`, which must exit by itself; its status. */
static inline int status_of(pid_t child)
{
	int status;

	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
