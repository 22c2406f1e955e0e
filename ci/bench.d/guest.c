/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest WHAT: a program to be run by hitotsu, whose one worker measures what being away costs.
 *
 * Prints "tid N" and waits for a line on standard input, by which the harness says that the worker has been moved.
 * Prints "result VALUE", ns of one operation or MB/s for `scan`, and waits for the end of standard input, so that the
 * harness can look where the worker is. WHAT is getppid, fault, scan, write, read or spin (nothing is measured; the
 * harness moves the worker to and fro).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sample.h"

#define PAGE 4096
#define BUFFER 65536
/* The daemons are Java: operations before these are warm-up, in which its compiler finishes. */
#define CALLS 4000
#define CALLS_WARM 6000
#define FAULTS 3000
#define FAULTS_WARM 5000
/* One page in so many is touched, so that fetching neighbours ahead brings nothing. */
#define SPARSE 64
#define SCAN_BYTES (48u << 20)
#define SCAN_WARM_BYTES (48u << 20)
#define BUFFERS 300
#define BUFFERS_WARM 400

static const char *what;
static int done[2], end[2];
static double result;
/* What main and the worker both touch while nothing is measured, and what is the worker's alone: pages apart. */
static struct {
	atomic_int tid, go;
} shared __attribute__((aligned(PAGE)));
static uint64_t samples[CALLS] __attribute__((aligned(PAGE)));
static volatile uint64_t sink;
static unsigned char *area;
/* Byte offsets into `area`. */
static size_t order[FAULTS + FAULTS_WARM];
static int file;

static _Noreturn void die(const char *why)
{
	perror(why);
	_exit(1);
}

static void *allocate(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

/* So much of `count` as the environment's EFFORT asks for, 0 to 1: machines may be slow. At least one. */
static int part(int count)
{
	const char *effort = getenv("EFFORT");

	return effort ? 1 + (int)((count - 1) * atof(effort)) : count;
}

/* What main writes at home before the worker is moved. */
static void prepare(void)
{
	uint64_t state = 88172645463325252ull;

	calibrate();
	if (!strcmp(what, "fault")) {
		uint32_t count = (uint32_t)(part(FAULTS) + part(FAULTS_WARM));

		area = allocate((size_t)count * SPARSE * PAGE);
		madvise(area, (size_t)count * SPARSE * PAGE, MADV_NOHUGEPAGE);
		for (uint32_t i = 0; i < count; i++) {
			size_t other;

			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			other = state % (i + 1);
			order[i] = order[other];
			order[other] = ((size_t)i * SPARSE + (state >> 32) % SPARSE) * PAGE;
			area[order[other]] = (unsigned char)i;
		}
	} else if (!strcmp(what, "scan")) {
		area = allocate(SCAN_BYTES + SCAN_WARM_BYTES);
		memset(area, 1, SCAN_BYTES + SCAN_WARM_BYTES);
	} else if (!strcmp(what, "write") || !strcmp(what, "read")) {
		file = memfd_create("guest", MFD_CLOEXEC);
		area = allocate(BUFFER);
		memset(area, 1, BUFFER);
		if (file < 0 || pwrite(file, area, BUFFER, 0) != BUFFER)
			die("memfd");
	}
}

static void measure_getppid(void)
{
	int calls = part(CALLS), warm = part(CALLS_WARM);

	for (int i = 0; i < warm; i++)
		syscall(SYS_getppid);
	for (int i = 0; i < calls; i++) {
		uint64_t start = __rdtsc();

		syscall(SYS_getppid);
		samples[i] = __rdtsc() - start;
	}
	result = median_ns(samples, calls);
}

/* First touches in an order that no prefetching foresees. */
static void measure_fault(void)
{
	int faults = part(FAULTS), warm = part(FAULTS_WARM);

	for (int i = 0; i < warm; i++)
		sink += area[order[i]];
	for (int i = 0; i < faults; i++) {
		uint64_t start = __rdtsc();

		sink += area[order[warm + i]];
		samples[i] = __rdtsc() - start;
	}
	result = median_ns(samples, faults);
}

static uint64_t sum(const unsigned char *from, size_t bytes)
{
	uint64_t total = 0;

	for (size_t i = 0; i < bytes; i += 8)
		total += *(const uint64_t *)(from + i);
	return total;
}

static void measure_scan(void)
{
	uint64_t start;

	sink += sum(area, SCAN_WARM_BYTES);
	start = __rdtsc();
	sink += sum(area + SCAN_WARM_BYTES, SCAN_BYTES);
	result = SCAN_BYTES / ((double)(__rdtsc() - start) / ticks_per_ns) * 1e3;
}

/* A program makes what it writes and uses what it reads: both belong to the operation. */
static void measure_file(int out)
{
	for (int i = 0; i < BUFFERS_WARM + BUFFERS; i++) {
		uint64_t start = __rdtsc();

		if (out) {
			memset(area, i, BUFFER);
			if (pwrite(file, area, BUFFER, 0) != BUFFER)
				die("pwrite");
		} else {
			if (pread(file, area, BUFFER, 0) != BUFFER)
				die("pread");
			sink += sum(area, BUFFER);
		}
		if (i >= BUFFERS_WARM)
			samples[i - BUFFERS_WARM] = __rdtsc() - start;
	}
	result = median_ns(samples, BUFFERS);
}

static void *worker(void *unused)
{
	char byte;

	atomic_store(&shared.tid, (int)syscall(SYS_gettid));
	/* No system call here: a thread moved while it sleeps goes home to finish its sleep. */
	while (!atomic_load(&shared.go))
		__builtin_ia32_pause();
	/* Samples belong here before the first is taken. */
	memset(samples, 0, sizeof(samples));
	if (!strcmp(what, "getppid"))
		measure_getppid();
	else if (!strcmp(what, "fault"))
		measure_fault();
	else if (!strcmp(what, "scan"))
		measure_scan();
	else if (!strcmp(what, "write"))
		measure_file(1);
	else if (!strcmp(what, "read"))
		measure_file(0);
	if (write(done[1], "", 1) != 1)
		die("write");
	if (!strcmp(what, "spin"))
		for (;;)
			sink++;
	while (read(end[0], &byte, 1) != 1)
		;
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t id;
	char line[16];

	if (argc != 2)
		return 2;
	what = argv[1];
	if (pipe(done) || pipe(end))
		die("pipe");
	prepare();
	if (pthread_create(&id, NULL, worker, NULL))
		die("pthread_create");
	while (!atomic_load(&shared.tid))
		usleep(1000);
	printf("tid %d\n", atomic_load(&shared.tid));
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	atomic_store(&shared.go, 1);
	if (read(done[0], line, 1) != 1)
		die("read");
	printf("result %.1f\n", result);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	if (!strcmp(what, "spin"))
		return 0;
	if (write(end[1], "", 1) != 1)
		die("write");
	pthread_join(id, NULL);
	return 0;
}
