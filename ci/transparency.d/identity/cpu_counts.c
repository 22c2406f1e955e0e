/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the numbers of processors that a worker is told, by affinity, sysconf, sysinfo and /proc, are the native ones. */
#include "identity.h"
#include <sys/sysinfo.h>

/* Processors in the affinity, configured, online, and listed in /proc/cpuinfo; gigabytes of memory. */
struct machine {
	long affinity, configured, online, listed, memory;
};

static struct machine expected;

static struct machine look(void)
{
	struct machine machine = { 0 };
	struct sysinfo info;
	cpu_set_t set;
	char line[4096];
	FILE *cpuinfo = fopen("/proc/cpuinfo", "re");

	CHECK(cpuinfo && sched_getaffinity(0, sizeof(set), &set) == 0 && sysinfo(&info) == 0);
	machine.affinity = CPU_COUNT(&set);
	machine.configured = sysconf(_SC_NPROCESSORS_CONF);
	machine.online = sysconf(_SC_NPROCESSORS_ONLN);
	while (fgets(line, sizeof(line), cpuinfo))
		machine.listed += strncmp(line, "processor", 9) == 0;
	CHECK(fclose(cpuinfo) == 0 && get_nprocs() == machine.online && get_nprocs_conf() == machine.configured);
	machine.memory = (long)(info.totalram * info.mem_unit >> 30);
	CHECK(sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) >> 30 == machine.memory);
	return machine;
}

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		struct machine machine = look();

		CHECK(memcmp(&machine, &expected, sizeof(machine)) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	expected = look();
	run_threads(threads, worker);
	printf("affinity %ld, configured %ld, online %ld, listed %ld, memory %ld GB\n", expected.affinity,
	       expected.configured, expected.online, expected.listed, expected.memory);
	return 0;
}
