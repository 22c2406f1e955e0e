/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the ends of child processes, whose signal is ignored, end no thread's epoll_wait while a thread at home makes more. */
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "processes.h"

#define CHILDREN 4

static int ends[MAX_THREADS][2];
static volatile char allow;

/* A thread that has its system calls dispatched is not moved: of one that is, signals/ignored_bursts tells. */
static void stay_home(void)
{
	CHECK(prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &allow) == 0);
}

static void *waiter(void *arg)
{
	int mine = (int)(intptr_t)arg, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	char byte;

	settle();
	CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[mine][0], &event) == 0);
	for (long i = 0; i < iterations; i++) {
		CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
		CHECK(read(ends[mine][0], &byte, 1) == 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];

	arguments(argc, argv, 60);
	for (intptr_t i = 0; i < threads; i++) {
		CHECK(pipe(ends[i]) == 0);
		CHECK(pthread_create(&ids[i], NULL, waiter, (void *)i) == 0);
	}
	stay_home();
	settle();
	for (long n = 0; n < iterations; n++) {
		pid_t children[CHILDREN];

		for (int i = 0; i < CHILDREN; i++) {
			children[i] = fork();
			if (children[i] == 0)
				_exit(0);
			CHECK(children[i] > 0);
		}
		for (int i = 0; i < CHILDREN; i++)
			CHECK(waitpid(children[i], NULL, 0) == children[i]);
		for (int i = 0; i < threads; i++)
			CHECK(write(ends[i][1], "x", 1) == 1);
	}
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	printf("children %ld\n", iterations * CHILDREN);
	return 0;
}
