/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a filter for all threads waits for none of their calls: not for a time-out, nor for a write that its caller is to read. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "threads.h"

#define MANY (1 << 20)
#define SECONDS 40
/* Two of each kind: where threads take turns on two nodes, one of each is on the other. */
#define WORKERS 6

static int ends[2], event, queue;
static atomic_int begun;

static void *poller(void *arg)
{
	struct epoll_event got;

	settle();
	atomic_fetch_add(&begun, 1);
	CHECK(epoll_wait(queue, &got, 1, SECONDS * 1000) == 1);
	return arg;
}

static void *receiver(void *arg)
{
	struct timespec limit = { SECONDS, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	settle();
	atomic_fetch_add(&begun, 1);
	CHECK(sigtimedwait(&set, NULL, &limit) == SIGUSR1);
	return arg;
}

static void *writer(void *arg)
{
	static char bytes[MANY];

	settle();
	atomic_fetch_add(&begun, 1);
	for (long left = MANY; left > 0;) {
		ssize_t put = write(ends[1], bytes, left);

		CHECK(put > 0);
		left -= put;
	}
	return arg;
}

int main(int argc, char **argv)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog filter = { 1, &allow };
	struct epoll_event wanted = { .events = EPOLLIN };
	void *(*bodies[WORKERS])(void *) = { poller, poller, receiver, receiver, writer, writer };
	pthread_t ids[WORKERS];
	static char bytes[4096];
	sigset_t set;
	double start;

	arguments(argc, argv, 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	event = eventfd(0, 0);
	queue = epoll_create1(0);
	CHECK(pipe(ends) == 0 && event >= 0 && queue >= 0);
	CHECK(epoll_ctl(queue, EPOLL_CTL_ADD, event, &wanted) == 0);
	for (int i = 0; i < WORKERS; i++)
		CHECK(pthread_create(&ids[i], NULL, bodies[i], NULL) == 0);
	while (atomic_load(&begun) < WORKERS)
		usleep(1000);
	/* Most are in their call by then; one that is not proves less. */
	usleep(20000);
	start = seconds();
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0);
	CHECK(seconds() - start < SECONDS / 2);
	CHECK(write(event, &(uint64_t){ 1 }, 8) == 8);
	CHECK(pthread_kill(ids[2], SIGUSR1) == 0 && pthread_kill(ids[3], SIGUSR1) == 0);
	for (long left = 2 * MANY; left > 0;) {
		ssize_t got = read(ends[0], bytes, sizeof(bytes));

		CHECK(got > 0);
		left -= got;
	}
	for (int i = 0; i < WORKERS; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	printf("written %d\n", 2 * MANY);
	return 0;
}
