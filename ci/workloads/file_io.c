/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads on different nodes write, append and read one file of the origin, through shared descriptors. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "check.h"

#define RECORD 5000

static int data, log_file;
static uint64_t sums[MAX_THREADS];

static void record(unsigned char *into, long index)
{
	uint64_t state = (uint64_t)index + 1;

	for (int i = 0; i < RECORD; i++)
		into[i] = (unsigned char)xorshift(&state);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	static __thread unsigned char mine[RECORD], got[RECORD];
	uint64_t hash = HASH_START;

	settle();
	for (long i = 0; i < iterations; i++) {
		long index = i * threads + me;
		char line[48];
		struct iovec parts[2] = { { line, 8 }, { line + 8, 8 } };

		record(mine, index);
		CHECK(pwrite(data, mine, RECORD, index * RECORD) == RECORD);
		CHECK(pread(data, got, RECORD, index * RECORD) == RECORD);
		CHECK(memcmp(mine, got, RECORD) == 0);
		hash = hash_bytes(hash, got, RECORD);
		snprintf(line, sizeof(line), "%03d %010ld;\n", (int)me, i);
		CHECK(writev(log_file, parts, 2) == 16);
	}
	sums[me] = hash;
	return NULL;
}

/* Every line of every thread is in the log once, whole, each thread's in order. */
static void verify_log(void)
{
	long next[MAX_THREADS] = { 0 };
	char line[17] = "";

	for (long i = 0; i < threads * iterations; i++) {
		int thread;
		long number;

		CHECK(pread(log_file, line, 16, i * 16) == 16 && line[15] == '\n' && line[14] == ';');
		CHECK(sscanf(line, "%d %ld", &thread, &number) == 2 && thread < threads);
		CHECK(number == next[thread]++);
	}
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/file_io.XXXXXX", path[64];
	static unsigned char got[RECORD], expected[RECORD];
	uint64_t hash = HASH_START;
	struct stat st;

	arguments(argc, argv, 100);
	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/data", dir);
	data = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unlink(path);
	snprintf(path, sizeof(path), "%s/log", dir);
	log_file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	unlink(path);
	CHECK(rmdir(dir) == 0 && data >= 0 && log_file >= 0);
	run_threads(threads, worker);
	for (long i = 0; i < threads * iterations; i++) {
		record(expected, i);
		CHECK(read(data, got, RECORD) == RECORD && memcmp(got, expected, RECORD) == 0);
		hash = hash_bytes(hash, got, RECORD);
	}
	CHECK(read(data, got, 1) == 0);
	CHECK(fstat(log_file, &st) == 0 && st.st_size == threads * iterations * 16);
	verify_log();
	printf("file %016llx first %016llx\n", (unsigned long long)hash, (unsigned long long)sums[0]);
	return 0;
}
