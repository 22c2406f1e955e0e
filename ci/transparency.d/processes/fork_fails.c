/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a fork that fails leaves all as it was, and the calls that follow it at once are made. */
#include "processes.h"

#include <sched.h>
#include <sys/mman.h>

#define SIZE 8192

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		/* The kernel makes no process that shares a working directory across mount namespaces. */
		CHECK(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EINVAL);
		if (i % 2) {
			char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			CHECK(memory != MAP_FAILED);
			memory[i % SIZE] = 1;
			CHECK(munmap(memory, SIZE) == 0);
		} else {
			pid_t child = fork();

			if (child == 0)
				_exit(3);
			expect_exit(child, 3);
		}
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	run_threads(threads, worker);
	CHECK(wait(NULL) == -1 && errno == ECHILD);
	printf("refused %ld\n", threads * iterations);
	return 0;
}
