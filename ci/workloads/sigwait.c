/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sigwait, sigtimedwait and sigsuspend in moved threads take the signals meant for them, in the order sent. */
#include <signal.h>

#include "check.h"

static sigset_t set;
static volatile sig_atomic_t handled;

static void handler(int number)
{
	(void)number;
	handled++;
}

static void *waiter(void *arg)
{
	long next = 0;

	(void)arg;
	settle();
	while (next < iterations) {
		siginfo_t info;
		struct timespec limit = { 60, 0 };

		if (next % 2) {
			CHECK(sigtimedwait(&set, &info, &limit) == SIGRTMIN + 1);
		} else {
			while (sigwaitinfo(&set, &info) == -1)
				CHECK(errno == EINTR);
			CHECK(info.si_signo == SIGRTMIN + 1);
		}
		CHECK(info.si_value.sival_int == next);
		next++;
	}
	return (void *)(uintptr_t)next;
}

static void *suspender(void *arg)
{
	sigset_t open;

	(void)arg;
	sigfillset(&open);
	sigdelset(&open, SIGUSR1);
	settle();
	for (long i = 0; i < 3; i++) {
		CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0 && handled == i);
		CHECK(sigsuspend(&open) == -1 && errno == EINTR && handled == i + 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };
	struct timespec nothing = { 0, 20000000 };
	pthread_t wait, suspend;
	void *got;

	arguments(argc, argv, 60);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGUSR1);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(sigtimedwait(&set, NULL, &nothing) == -1 && errno == EAGAIN);
	CHECK(pthread_create(&suspend, NULL, suspender, NULL) == 0);
	CHECK(pthread_create(&wait, NULL, waiter, NULL) == 0);
	for (long i = 0; i < iterations; i++) {
		union sigval value = { .sival_int = (int)i };

		CHECK(pthread_sigqueue(wait, SIGRTMIN + 1, value) == 0);
		if (i % 8 == 0)
			usleep(2000);
	}
	CHECK(pthread_join(wait, &got) == 0 && (long)(uintptr_t)got == iterations);
	CHECK(pthread_join(suspend, NULL) == 0 && handled == 3);
	printf("waited %ld suspended %d\n", iterations, (int)handled);
	return 0;
}
