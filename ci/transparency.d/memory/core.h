/* SPDX-License-Identifier: Apache-2.0 */
/* What programs share that end with a core file: the memory which it must hold, and how that is checked afterwards. */
#ifndef CORE_H
#define CORE_H

#include <dirent.h>
#include <elf.h>
#include <sys/resource.h>

#include "memory.h"

/* Where no kernel places anything by itself, so that the check needs no word from the process that has ended. */
#define AREA ((unsigned char *)0x100000000000)
#define OWN_PAGES 8
#define CANNOT_TRY 77

/* Has this process dump its core into the working directory; ends it with 77 where the computer does otherwise. */
static inline void want_core(void)
{
	struct rlimit limit;
	char pattern[256] = "";
	FILE *said = fopen("/proc/sys/kernel/core_pattern", "r");

	CHECK(said && fgets(pattern, sizeof(pattern), said));
	fclose(said);
	if (strncmp(pattern, "core", 4) != 0 || strchr(pattern, '/')) {
		fprintf(stderr, "core files go elsewhere (kernel.core_pattern)\n");
		exit(CANNOT_TRY);
	}
	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0);
	if (limit.rlim_max != RLIM_INFINITY) {
		fprintf(stderr, "core files are limited (ulimit -H -c)\n");
		exit(CANNOT_TRY);
	}
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_CORE, &limit) == 0);
}

/* Maps the memory that is to be found again: for each of `threads` workers OWN_PAGES pages. */
static inline void map_area(void)
{
	void *at = mmap(AREA, (size_t)threads * OWN_PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	CHECK(at == AREA);
}

/* Starts the workers, which nobody joins; `meeting` threads are to meet. */
static inline void start_workers(void *(*body)(void *), int meeting)
{
	pthread_t id;

	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)meeting) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, body, (void *)i) == 0);
}

static inline void paint_own(int me)
{
	for (int i = 0; i < OWN_PAGES; i++)
		paint(AREA + (me * OWN_PAGES + i) * PAGE, PAGE, (uint64_t)(me * OWN_PAGES + i));
}

/* The page at `address` as a core file of `size` bytes has it; NULL if it has not. */
static inline const unsigned char *page_in(const unsigned char *core, size_t size, const unsigned char *address)
{
	const Elf64_Ehdr *header = (const void *)core;
	const Elf64_Phdr *segments = (const void *)(core + header->e_phoff);

	for (int i = 0; i < header->e_phnum; i++) {
		uint64_t at = (uint64_t)(uintptr_t)address - segments[i].p_vaddr;

		if (segments[i].p_type == PT_LOAD && at < segments[i].p_filesz &&
		    segments[i].p_offset + at + PAGE <= size)
			return core + segments[i].p_offset + at;
	}
	return NULL;
}

/* The core file in the working directory, mapped; its size goes into *size. */
static inline const unsigned char *map_core(size_t *size)
{
	char name[300] = "";
	DIR *here = opendir(".");
	struct stat status;
	unsigned char *core;
	int fd;

	CHECK(here);
	for (struct dirent *entry = readdir(here); entry; entry = readdir(here))
		if (strncmp(entry->d_name, "core", 4) == 0)
			strcpy(name, entry->d_name);
	closedir(here);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && fstat(fd, &status) == 0);
	*size = (size_t)status.st_size;
	core = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(core != MAP_FAILED && memcmp(core, ELFMAG, SELFMAG) == 0);
	return core;
}

/* Run afterwards, in the directory where the process ended: its core must hold what every worker had written. */
static inline int check_core(void)
{
	size_t size;
	const unsigned char *core = map_core(&size);
	int lost = 0;

	for (int i = 0; i < threads * OWN_PAGES; i++) {
		const unsigned char *page = page_in(core, size, AREA + i * PAGE);

		lost += !page || !painted(page, PAGE, (uint64_t)i);
	}
	if (lost)
		fprintf(stderr, "%d of %d pages are not in the core file\n", lost, threads * OWN_PAGES);
	return lost != 0;
}

/* Whether this is the check, of which the process then consists. */
static inline int is_check(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "check") == 0;
}

#endif
