/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler of SIGABRT that jumps out keeps the process alive. */
#include <setjmp.h>

#include "signals.h"

static __thread sigjmp_buf escape;
static __thread volatile long escapes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void on_abort(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	siglongjmp(escape, 1);
}

/* Raises as abort does; glibc's own keeps a lock when it is left so. */
static void escape_once(void)
{
	if (sigsetjmp(escape, 1) == 0) {
		CHECK(raise(SIGABRT) == 0);
		CHECK(!"raise returned");
	}
	escapes++;
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++) {
		CHECK(pthread_mutex_lock(&lock) == 0);
		escape_once();
		CHECK(escapes == i && !is_blocked(SIGABRT) && pthread_mutex_unlock(&lock) == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	handle(SIGABRT, on_abort, 0);
	start_workers(body);
	end_workers();
	printf("escapes %ld\n", threads * iterations);
	return 0;
}
