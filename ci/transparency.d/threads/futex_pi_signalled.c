/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a handler runs in a thread that waits in FUTEX_LOCK_PI, which then goes on waiting and gets the lock. */
#include "threads.h"

#define ROUNDS 5

static int lock;
static int ready, handled, owned;

static void handler(int signal)
{
	(void)signal;
	__atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void unlock(int own)
{
	int expected = own;

	if (__atomic_compare_exchange_n(&lock, &expected, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	/* EAGAIN: a waiter came meanwhile and set its bit, which the kernel leaves to the caller. */
	while (futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0))
		CHECK(errno == EAGAIN);
}

static void *worker(void *arg)
{
	int own = gettid();

	settle();
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	CHECK(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0);
	CHECK((word_of(&lock) & FUTEX_TID_MASK) == own);
	owned++;
	unlock(own);
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pthread_t workers[64];
	int sent = 0;

	arguments(argc, argv, 1);
	CHECK(threads <= 64);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	CHECK(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_create(&workers[i], NULL, worker, NULL) == 0);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < threads || !(word_of(&lock) & FUTEX_WAITERS))
		sched_yield();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < threads; i++)
			CHECK(pthread_kill(workers[i], SIGUSR1) == 0);
		sent += threads;
		/* Two signals of one kind would be one. */
		while (__atomic_load_n(&handled, __ATOMIC_SEQ_CST) < sent)
			sched_yield();
	}
	unlock(gettid());
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(workers[i], NULL) == 0);
	CHECK(word_of(&lock) == 0);
	printf("handled %d, owned %d of %d\n", handled, owned, threads);
	return 0;
}
