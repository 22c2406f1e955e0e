/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads that print through one stream keep their lines whole, and groups of lines under flockfile stay together. */
#include "io.h"

static FILE *stream;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (i % 2) {
			fprintf(stream, "line %d %ld %s\n", (int)me, i, "of one call");
			continue;
		}
		flockfile(stream);
		fprintf(stream, "group %d ", (int)me);
		for (int k = 0; k < 3; k++)
			putc_unlocked('a' + k, stream);
		fprintf(stream, " %ld\n", i);
		if (i % 8 == 0)
			fflush(stream);
		funlockfile(stream);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long next[MAX_THREADS] = { 0 }, lines = 0;
	char line[100], wanted[100];

	arguments(argc, argv, 60);
	stream = fopen("lines", "w+e");
	CHECK(stream && setvbuf(stream, NULL, _IOFBF, 300) == 0);
	run_workers(threads, worker);
	rewind(stream);
	while (fgets(line, sizeof(line), stream)) {
		int from;
		long number;

		CHECK(sscanf(line, "%*s %d", &from) == 1 && from >= 0 && from < threads);
		number = next[from]++;
		if (number % 2)
			snprintf(wanted, sizeof(wanted), "line %d %ld of one call\n", from, number);
		else
			snprintf(wanted, sizeof(wanted), "group %d abc %ld\n", from, number);
		CHECK(strcmp(line, wanted) == 0);
		lines++;
	}
	CHECK(lines == threads * iterations && fclose(stream) == 0 && unlink("lines") == 0);
	printf("lines %ld\n", lines);
	return 0;
}
