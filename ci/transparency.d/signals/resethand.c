/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: SA_RESETHAND puts the default action back when the handler starts, for all threads; old actions are told. */
#include "signals.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile long count;

static void on_signal(int number, siginfo_t *info, void *context)
{
	struct sigaction now;

	(void)info;
	(void)context;
	CHECK(sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
	/* Thanks to SA_NODEFER. */
	CHECK(!is_blocked(number));
	count++;
}

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		struct sigaction now;

		CHECK(pthread_mutex_lock(&lock) == 0);
		handle(SIGWINCH, on_signal, SA_RESETHAND | SA_NODEFER);
		CHECK(sigaction(SIGWINCH, NULL, &now) == 0 && now.sa_sigaction == on_signal);
		CHECK((now.sa_flags & (int)SA_RESETHAND) && (now.sa_flags & SA_NODEFER));
		count = 0;
		/* The second one meets the default: ignored. */
		CHECK(raise(SIGWINCH) == 0 && raise(SIGWINCH) == 0 && count == 1);
		CHECK(pthread_mutex_unlock(&lock) == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	start_workers(body);
	end_workers();
	printf("reset %ld\n", threads * iterations);
	return 0;
}
