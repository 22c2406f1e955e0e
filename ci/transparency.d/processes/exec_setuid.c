/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program that is executed when all privileges are dropped runs as that user, with all that its threads are used to. */
#include "exec_next.h"
#include <grp.h>

#define NOBODY 65534

static void *worker(void *arg)
{
	int program = own_program(), data = make_data();

	settle();
	/* Another user has none to drop. */
	if (geteuid() == 0) {
		CHECK(setgroups(0, NULL) == 0);
		CHECK(setresgid(NOBODY, NOBODY, NOBODY) == 0);
		CHECK(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	}
	execute_next(program, data);
	return arg;
}

int main(int argc, char **argv)
{
	if (is_next(argc, argv)) {
		uid_t real, effective, saved;

		CHECK(getresuid(&real, &effective, &saved) == 0 && real != 0 && effective == real && saved == real);
		CHECK(setuid(0) == -1 && errno == EPERM);
		run_threads(threads, map_data);
		printf("mapped by %d\n", threads);
		return 0;
	}
	arguments(argc, argv, 5);
	run_to_next(worker);
}
