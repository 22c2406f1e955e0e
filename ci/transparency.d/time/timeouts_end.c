/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a wait ends when its time is over, not before and not never, however often its thread is moved meanwhile. */
#include "time.h"
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Many times what lies between two moves of a thread. */
#define WAIT (200 * MILLISECOND)
#define WAYS 16

static const struct timespec span = { 0, WAIT };

static int waiting_socket(void)
{
	const struct timeval limit = { 0, WAIT / 1000 };
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	/* The other end stays open: a closed one would be the end of the stream. */
	return pair[0];
}

static void wait_for_semaphore(void)
{
	struct sembuf zero_to_come = { 0, -1, 0 };
	int set = semget(IPC_PRIVATE, 1, 0600);

	CHECK(set >= 0 && semctl(set, 0, SETVAL, 0) == 0);
	CHECK(semtimedop(set, &zero_to_come, 1, &span) == -1 && errno == EAGAIN);
	CHECK(semctl(set, 0, IPC_RMID) == 0);
}

static void wait_for_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	CHECK(sigtimedwait(&set, NULL, &span) == -1 && errno == EAGAIN);
}

static void wait_for_io(void)
{
	aio_context_t context = 0;
	struct io_event event;

	if (syscall(SYS_io_setup, 1, &context) != 0) {
		/* A kernel without it. */
		CHECK(errno == ENOSYS);
		CHECK(nanosleep(&span, NULL) == 0);
		return;
	}
	CHECK(syscall(SYS_io_getevents, context, 1, 1, &event, &span) == 0);
	CHECK(syscall(SYS_io_destroy, context) == 0);
}

static void pass_time(int way, int epoll, int socket)
{
	struct timespec rest = span, deadline;
	struct timeval interval = { 0, WAIT / 1000 };
	struct epoll_event event;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	sigset_t none;
	char byte;

	sigemptyset(&none);
	switch (way) {
	case 0:
		CHECK(epoll_wait(epoll, &event, 1, WAIT / MILLISECOND) == 0);
		break;
	case 1:
		CHECK(epoll_pwait(epoll, &event, 1, WAIT / MILLISECOND, NULL) == 0);
		break;
	case 2:
		CHECK(syscall(SYS_epoll_pwait2, epoll, &event, 1, &span, NULL, 0) == 0);
		break;
	case 3:
		wait_for_signal();
		break;
	case 4:
		wait_for_semaphore();
		break;
	case 5:
		wait_for_io();
		break;
	case 6:
		CHECK(read(socket, &byte, 1) == -1 && errno == EAGAIN);
		break;
	case 7:
		CHECK(recv(socket, &byte, 1, 0) == -1 && errno == EAGAIN);
		break;
	case 8:
		CHECK(poll(NULL, 0, WAIT / MILLISECOND) == 0);
		break;
	case 9:
		CHECK(select(0, NULL, NULL, NULL, &interval) == 0);
		break;
	case 10:
		CHECK(epoll_pwait(epoll, &event, 1, WAIT / MILLISECOND, &none) == 0);
		break;
	case 11:
		CHECK(syscall(SYS_epoll_pwait2, epoll, &event, 1, &span, &none, 8) == 0);
		break;
	case 12:
		CHECK(ppoll(NULL, 0, &span, &none) == 0);
		break;
	case 13:
		CHECK(pselect(0, NULL, NULL, NULL, &span, &none) == 0);
		break;
	case 14:
		CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL) == 0);
		break;
	default:
		deadline = timespec_of(now(CLOCK_MONOTONIC) + WAIT);
		CHECK(pthread_mutex_lock(&lock) == 0);
		CHECK(pthread_cond_clockwait(&never, &lock, CLOCK_MONOTONIC, &deadline) == ETIMEDOUT);
		CHECK(pthread_mutex_unlock(&lock) == 0);
	}
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, epoll = epoll_create1(EPOLL_CLOEXEC), socket = waiting_socket();
	sigset_t set;

	CHECK(epoll >= 0);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	settle();
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < WAYS; k++) {
			long before = now(CLOCK_MONOTONIC);

			pass_time((me + k) % WAYS, epoll, socket);
			/* A socket's time is counted in ticks, the first of which has begun. */
			CHECK(now(CLOCK_MONOTONIC) - before >= WAIT - 10 * MILLISECOND);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	run_threads(threads, worker);
	printf("ended %ld\n", WAYS * threads * iterations);
	return 0;
}
