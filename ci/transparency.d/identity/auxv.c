/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the auxiliary vector is the same for every worker, in memory and in /proc, and its constants are the native ones. */
#include "identity.h"
#include <elf.h>
#include <sys/auxv.h>

static const unsigned long constant[] = { AT_HWCAP, AT_HWCAP2, AT_PAGESZ, AT_CLKTCK, AT_PHENT, AT_PHNUM, AT_FLAGS,
					  AT_UID,   AT_EUID,   AT_GID,    AT_EGID,   AT_SECURE, AT_MINSIGSTKSZ };
#define CONSTANT ((int)(sizeof(constant) / sizeof(constant[0])))
static unsigned long expected[64];
static char first[4096], random_bytes[16];
static size_t length;

static void *worker(void *arg)
{
	char text[4096];

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		const Elf64_auxv_t *entry = (const Elf64_auxv_t *)text;

		for (unsigned long type = 0; type < 64; type++)
			CHECK(getauxval(type) == expected[type]);
		CHECK(memcmp((const void *)getauxval(AT_RANDOM), random_bytes, 16) == 0);
		CHECK(read_file("/proc/self/auxv", text, sizeof(text)) == length && memcmp(text, first, length) == 0);
		for (; entry->a_type != AT_NULL; entry++)
			/* These the C library sets itself. */
			CHECK(entry->a_type >= 64 || entry->a_type == AT_HWCAP || entry->a_type == AT_PLATFORM ||
			      entry->a_un.a_val == expected[entry->a_type]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	for (unsigned long type = 0; type < 64; type++)
		expected[type] = getauxval(type);
	CHECK(expected[AT_RANDOM] && expected[AT_EXECFN] && expected[AT_SYSINFO_EHDR]);
	memcpy(random_bytes, (const void *)expected[AT_RANDOM], 16);
	length = read_file("/proc/self/auxv", first, sizeof(first));
	run_threads(threads, worker);
	for (int i = 0; i < CONSTANT; i++)
		printf("%lu: %lx\n", constant[i], getauxval(constant[i]));
	printf("%s %s\n", (const char *)getauxval(AT_PLATFORM), strrchr((const char *)getauxval(AT_EXECFN), '/') + 1);
	return 0;
}
