/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: in a child process with a handler without SA_RESTART, its own or its parent's, calls that never answer EINTR do not. */
#include <linux/futex.h>
#include <sys/mman.h>

#include "signals.h"

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void change_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int free_word = 0;

	CHECK(at != MAP_FAILED);
	while (signals < iterations) {
		CHECK(mprotect(at, page, PROT_READ) == 0);
		CHECK(mprotect(at, page, PROT_READ | PROT_WRITE) == 0);
		CHECK(syscall(SYS_futex, &free_word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EPERM);
	}
	CHECK(munmap(at, 2 * page) == 0);
}

/* Sends `child` signals from when it is ready for them until it ends. */
static void interrupt_until_end(pid_t child, int ready)
{
	int status;
	char byte;

	CHECK(child > 0 && read(ready, &byte, 1) == 1);
	for (long n = 0; waitpid(child, &status, WNOHANG) == 0; n++) {
		CHECK(kill(child, SIGUSR1) == 0);
		varied_pause(n);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void in_child(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	int ends[2];
	pid_t child;

	CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		CHECK(write(ends[1], "!", 1) == 1);
		change_memory();
		_exit(0);
	}
	interrupt_until_end(child, ends[0]);
}

static void *worker(void *arg)
{
	int ends[2];
	pid_t child;

	(void)arg;
	settle();
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		in_child();
		CHECK(write(ends[1], "!", 1) == 1);
		change_memory();
		_exit(0);
	}
	interrupt_until_end(child, ends[0]);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_threads(threads, worker);
	printf("children %d\n", 2 * threads);
	return 0;
}
