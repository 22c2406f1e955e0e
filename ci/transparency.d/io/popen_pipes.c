/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: popen from moved threads at the same time: each reads its own program's output, writes its input, and gets its status. */
#include "io.h"

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char command[100], line[100], wanted[100], name[32];

	settle();
	for (long i = 0; i < iterations; i++) {
		FILE *program;
		int status;

		snprintf(command, sizeof(command), "echo thread %d round %ld; exit %d", (int)me, i, (int)me + 3);
		program = popen(command, "re");
		snprintf(wanted, sizeof(wanted), "thread %d round %ld\n", (int)me, i);
		CHECK(program && fgets(line, sizeof(line), program) && strcmp(line, wanted) == 0);
		CHECK(!fgets(line, sizeof(line), program));
		status = pclose(program);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == me + 3);
		snprintf(name, sizeof(name), "written-%d", (int)me);
		snprintf(command, sizeof(command), "read a b; echo \"$b $a\" > %s", name);
		program = popen(command, "we");
		CHECK(program && fprintf(program, "one two%ld\n", i) > 0 && pclose(program) == 0);
		program = fopen(name, "re");
		snprintf(wanted, sizeof(wanted), "two%ld one\n", i);
		CHECK(program && fgets(line, sizeof(line), program) && strcmp(line, wanted) == 0 &&
		      fclose(program) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2);
	run_workers(threads, worker);
	printf("programs %ld\n", 2 * threads * iterations);
	return 0;
}
