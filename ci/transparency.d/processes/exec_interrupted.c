/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: under a small limit of its address space, too, a program that was executed has no memory call that answers EINTR to a signal. */
/* Flags: -static */
#include "exec_next.h"
#include <sys/time.h>

#define LIMIT (12L << 20)

static atomic_long signals;

static void on_signal(int number)
{
	(void)number;
	atomic_fetch_add(&signals, 1);
}

static void *worker(void *arg)
{
	struct rlimit limit = { LIMIT, LIMIT };
	int program = own_program(), data = make_data();

	settle();
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	execute_next(program, data);
	return arg;
}

static void change(char *page)
{
	CHECK(mprotect(page, 4096, PROT_READ) == 0);
	CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
	*page = 1;
}

int main(int argc, char **argv)
{
	if (is_next(argc, argv)) {
		struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
		struct sigaction action = { .sa_handler = on_signal };
		char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pid_t child;

		CHECK(page != MAP_FAILED);
		CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
		while (atomic_load(&signals) < 10 * iterations)
			change(page);
		/* So it is in a child, which has its own timer. */
		child = fork();
		if (child == 0) {
			atomic_store(&signals, 0);
			CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
			while (atomic_load(&signals) < 10 * iterations)
				change(page);
			_exit(3);
		}
		CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
		expect_exit(child, 3);
		printf("interrupted %ld times\n", iterations);
		return 0;
	}
	arguments(argc, argv, 10);
	run_to_next(worker);
}
