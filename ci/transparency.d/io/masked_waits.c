/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pselect, ppoll and epoll_pwait let a blocked signal in for the wait only: its handler runs in it, and the mask is back. */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "io.h"

static pthread_t ids[MAX_THREADS];
static atomic_int waiting[MAX_THREADS];
static __thread volatile sig_atomic_t handled, allowed;

static void handler(int number)
{
	(void)number;
	CHECK(allowed);
	handled++;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	sigset_t none, before, after;
	int ends[2], epoll = epoll_create1(EPOLL_CLOEXEC);
	struct pollfd one;

	sigemptyset(&none);
	CHECK(epoll >= 0 && pipe2(ends, O_CLOEXEC) == 0 && pthread_sigmask(SIG_SETMASK, NULL, &before) == 0);
	one = (struct pollfd){ ends[0], POLLIN, 0 };
	settle();
	for (long i = 0; i < iterations; i++) {
		struct epoll_event event;
		int answer;

		/* From here the signal may come: pending before the wait, or while in it. */
		atomic_store(&waiting[me], 1);
		if (i % 2)
			while (atomic_load(&waiting[me]) == 1)
				usleep(100);
		CHECK(handled == i);
		allowed = 1;
		if (i % 3 == 0)
			answer = ERROR_OF(pselect(0, NULL, NULL, NULL, NULL, &none));
		else if (i % 3 == 1)
			answer = ERROR_OF(ppoll(&one, 1, NULL, &none));
		else
			answer = ERROR_OF(epoll_pwait(epoll, &event, 1, -1, &none));
		allowed = 0;
		CHECK(answer == EINTR && handled == i + 1);
		CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0 && sigismember(&after, SIGUSR1) == 1);
		while (atomic_load(&waiting[me]) == 1)
			usleep(100);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t set;

	arguments(argc, argv, 9);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	for (intptr_t k = 0; k < threads; k++)
		CHECK(pthread_create(&ids[k], NULL, worker, (void *)k) == 0);
	for (long sent = 0; sent < threads * iterations;)
		for (int k = 0; k < threads; k++)
			if (atomic_load(&waiting[k]) == 1) {
				CHECK(pthread_kill(ids[k], SIGUSR1) == 0);
				atomic_store(&waiting[k], 0);
				sent++;
			}
	for (int k = 0; k < threads; k++)
		CHECK(pthread_join(ids[k], NULL) == 0);
	printf("signals %ld\n", threads * iterations);
	return 0;
}
