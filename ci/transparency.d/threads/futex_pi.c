/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_LOCK_PI by the bare call excludes, names its owner, hands over at unlock; TRYLOCK_PI and errors as documented. */
#include "threads.h"

static int lock;
static volatile long counter;

/* EAGAIN: a waiter came meanwhile and set its bit, which the kernel leaves to the caller. */
static void unlock(void)
{
	while (futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0))
		CHECK(errno == EAGAIN);
}

static void *worker(void *arg)
{
	int own = gettid();

	settle();
	for (long i = 0; i < iterations; i++) {
		int expected = 0;

		/* As C libraries do: in user space if it is free, by the kernel if not. */
		if (!__atomic_compare_exchange_n(&lock, &expected, own, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			CHECK(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0);
		CHECK((word_of(&lock) & FUTEX_TID_MASK) == own);
		counter++;
		CHECK(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EDEADLK);
		expected = own;
		if (!__atomic_compare_exchange_n(&lock, &expected, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			unlock();
		CHECK((word_of(&lock) & FUTEX_TID_MASK) != own);
		CHECK(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EPERM);
		if (futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0) {
			CHECK((word_of(&lock) & FUTEX_TID_MASK) == own);
			unlock();
		}
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	run_workers(worker);
	CHECK(counter == threads * iterations && word_of(&lock) == 0);
	printf("counter %ld\n", counter);
	return 0;
}
