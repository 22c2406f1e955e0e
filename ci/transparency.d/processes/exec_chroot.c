/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program that is executed under an empty root directory, without /proc, runs with all that its threads are used to. */
/* Flags: -static */
#include "exec_next.h"

static void *worker(void *arg)
{
	int program = own_program(), data = make_data();

	settle();
	/* It has no name any more: nothing is left of it. */
	CHECK(mkdir("root", 0700) == 0 && chdir("root") == 0 && rmdir("../root") == 0);
	/* The file that settle() waits for would not be there. */
	CHECK(unsetenv("HITOTSU_CI_DEPARTED") == 0);
	CHECK(chroot(".") == 0);
	execute_next(program, data);
	return arg;
}

int main(int argc, char **argv)
{
	if (is_next(argc, argv)) {
		CHECK(access("/proc", F_OK) == -1 && errno == ENOENT);
		run_threads(threads, map_data);
		printf("mapped by %d\n", threads);
		return 0;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "only root may change the root directory\n");
		return 77;
	}
	arguments(argc, argv, 5);
	run_to_next(worker);
}
