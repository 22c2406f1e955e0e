/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: getcpu names a processor of the machine, and of the worker's affinity; a worker bound to one is told just that one. */
/* Limit: a moved thread is told the processor it runs on, and a shadow's threads are bound to none */
#include "identity.h"

static void *worker(void *arg)
{
	cpu_set_t all, one, got;
	unsigned cpu, node;

	settle();
	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
	for (long i = 0; i < iterations; i++) {
		int chosen = 0, count = CPU_COUNT(&all), skip = (int)(((intptr_t)arg + i) % count);

		CHECK(sched_getcpu() >= 0 && sched_getcpu() < sysconf(_SC_NPROCESSORS_CONF));
		CHECK(syscall(SYS_getcpu, &cpu, &node, NULL) == 0 && CPU_ISSET(cpu, &all) && node < 1024);
		while (!CPU_ISSET(chosen, &all) || skip--)
			chosen++;
		CPU_ZERO(&one);
		CPU_SET(chosen, &one);
		CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
		CHECK(sched_getaffinity(0, sizeof(got), &got) == 0 && CPU_EQUAL(&got, &one));
		CHECK(sched_getcpu() == chosen);
		CHECK(syscall(SYS_getcpu, &cpu, &node, NULL) == 0 && (int)cpu == chosen);
		CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
	}
	CPU_ZERO(&one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == -1 && errno == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	run_threads(threads, worker);
	printf("bound %ld\n", threads * iterations);
	return 0;
}
