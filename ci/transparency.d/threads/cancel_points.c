/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread is cancelled in whatever it waits: pipe, poll, sleep, semaphore, condition, join, accept, sigwait. */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "threads.h"

#define KINDS 9

static int ends[2], listener;
static sem_t nothing;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static atomic_int ready[MAX_THREADS];

static void unlock(void *arg)
{
	CHECK(pthread_mutex_unlock(arg) == 0);
}

static void *forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void end_other(void *arg)
{
	pthread_t other = *(pthread_t *)arg;
	void *value;

	CHECK(pthread_cancel(other) == 0 && pthread_join(other, &value) == 0 && value == PTHREAD_CANCELED);
}

static void wait_in(int kind)
{
	struct pollfd one = { .fd = ends[0], .events = POLLIN };
	pthread_t other;
	sigset_t set;
	char byte;
	int number;

	switch (kind) {
	case 0:
		(void)!read(ends[0], &byte, 1);
		break;
	case 1:
		poll(&one, 1, -1);
		break;
	case 2:
		sleep(1000);
		break;
	case 3:
		sem_wait(&nothing);
		break;
	case 4:
		CHECK(pthread_mutex_lock(&lock) == 0);
		pthread_cleanup_push(unlock, &lock);
		for (;;)
			pthread_cond_wait(&never, &lock);
		pthread_cleanup_pop(1);
		break;
	case 5:
		pause();
		break;
	case 6:
		/* A join that is cancelled leaves the other joinable; the handler ends and joins that. */
		CHECK(pthread_create(&other, NULL, forever, NULL) == 0);
		pthread_cleanup_push(end_other, &other);
		pthread_join(other, NULL);
		pthread_cleanup_pop(0);
		break;
	case 7:
		accept(listener, NULL, NULL);
		break;
	default:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigwait(&set, &number);
	}
	CHECK(!"the wait ended");
}

static void *victim(void *arg)
{
	intptr_t code = (intptr_t)arg;

	atomic_store(&ready[code / KINDS], 1);
	wait_in((int)(code % KINDS));
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++)
		for (int kind = 0; kind < KINDS; kind++) {
			pthread_t id;
			void *value;

			atomic_store(&ready[me], 0);
			CHECK(pthread_create(&id, NULL, victim, (void *)(me * KINDS + kind)) == 0);
			while (!atomic_load(&ready[me]))
				usleep(50);
			usleep(100u << ((kind + i) % 4));
			CHECK(pthread_cancel(id) == 0 && pthread_join(id, &value) == 0);
			CHECK(value == PTHREAD_CANCELED);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sigset_t set;

	arguments(argc, argv, 2);
	/* Bound to a name that the kernel chooses, not a file. */
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 && listen(listener, 4) == 0);
	CHECK(pipe(ends) == 0 && sem_init(&nothing, 0, 0) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	run_workers(worker);
	CHECK(pthread_mutex_trylock(&lock) == 0);
	printf("cancelled %ld\n", KINDS * threads * iterations);
	return 0;
}
