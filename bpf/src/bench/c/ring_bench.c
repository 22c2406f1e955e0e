/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference which the Java reader is compared with: drains a BPF ring buffer through its mapped pages as libbpf's
 * own consumer does, with the handler inlined.
 *
 *   ring-bench OBJECT MILLISECONDS
 *
 * Prints the median rate over all rounds, records a second.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "ring_bench.h"

#define BUSY (1U << 31)
#define DISCARD (1U << 30)
#define MAX_ROUNDS 100000

static volatile __u64 sum;
static double rates[MAX_ROUNDS];

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long drain(unsigned long *consumer, const unsigned long *producer, const char *data, unsigned long mask)
{
	unsigned long at = *consumer, end;
	__u64 total = 0;
	long records = 0;

	while (at < (end = __atomic_load_n(producer, __ATOMIC_ACQUIRE))) {
		while (at < end) {
			const __u32 *header = (const __u32 *)(data + (at & mask));
			__u32 length = __atomic_load_n(header, __ATOMIC_ACQUIRE);

			if (length & BUSY)
				goto out;
			at += ((length & ~(BUSY | DISCARD)) + 8 + 7) & ~7UL;
			if (!(length & DISCARD)) {
				total += ((const struct bench_record *)(header + 2))->value;
				records++;
			}
			__atomic_store_n(consumer, at, __ATOMIC_RELEASE);
		}
	}
out:
	sum += total;
	return records;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	long page = sysconf(_SC_PAGESIZE);
	struct bpf_object *object;
	unsigned long size, *consumer;
	char *producer;
	int ring, fill, rounds = 0;
	long long until;

	if (argc != 3)
		return 2;
	object = bpf_object__open(argv[1]);
	if (!object || bpf_object__load(object))
		return 1;
	ring = bpf_object__find_map_fd_by_name(object, "hito_ring");
	fill = bpf_program__fd(bpf_object__find_program_by_name(object, "hito_fill"));
	size = bpf_map__max_entries(bpf_object__find_map_by_name(object, "hito_ring"));
	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, ring, page);
	if (consumer == MAP_FAILED || producer == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	until = now() + atoll(argv[2]) * 1000000;
	while (now() < until && rounds < MAX_ROUNDS) {
		long long begin;
		long records;

		if (bpf_prog_test_run_opts(fill, &run)) {
			perror("test run");
			return 1;
		}
		begin = now();
		records = drain(consumer, (unsigned long *)producer, producer + page, size - 1);
		rates[rounds++] = records * 1e9 / (now() - begin);
	}
	qsort(rates, rounds, sizeof(rates[0]), ascending);
	printf("%.0f\n", rates[rounds / 2]);
	bpf_object__close(object);
	return 0;
}
