/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: who waits in FUTEX_LOCK_PI or FUTEX_WAIT_REQUEUE_PI gets the lock of an owner that ends while others write to its page. */
#include "threads.h"

/* All in one page, which therefore is wanted everywhere. */
static struct {
	pthread_mutex_t mutex;
	volatile long counter;
	struct seat {
		int lock, condition;
		volatile long written;
	} seats[MAX_THREADS];
} page __attribute__((aligned(4096)));

static void write_often(struct seat *seat)
{
	for (int i = 0; i < 2000; i++)
		seat->written++;
}

static void take(int *lock)
{
	int expected = 0;

	CHECK(__atomic_compare_exchange_n(lock, &expected, gettid(), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
}

/* Ends as the owner of the lock: then the waiter itself has to write its id into the word. */
static void *owner_of_lock(void *arg)
{
	struct seat *seat = arg;

	take(&seat->lock);
	/* Refused from when somebody waits there for a lock. */
	while (futex(&seat->lock, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0)
		usleep(50);
	CHECK(errno == EINVAL);
	write_often(seat);
	return NULL;
}

static void *owner_of_requeued(void *arg)
{
	struct seat *seat = arg;
	long requeued;

	take(&seat->lock);
	while ((requeued = futex(&seat->condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, NULL, &seat->lock, 0)) == 0)
		usleep(50);
	CHECK(requeued == 1);
	write_often(seat);
	return NULL;
}

/* What LOCK_PI has answered; the lock is free afterwards. */
static void give_up(struct seat *seat, long answer)
{
	if (answer == 0) {
		CHECK((word_of(&seat->lock) & (FUTEX_TID_MASK | FUTEX_OWNER_DIED)) == (gettid() | FUTEX_OWNER_DIED));
		write_often(seat);
		CHECK(futex(&seat->lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0);
		CHECK(word_of(&seat->lock) == 0);
		return;
	}
	/* A stop made the call anew when the owner had ended, which no robust list tells. */
	CHECK(answer == -1 && errno == ESRCH);
	set_word(&seat->lock, 0);
}

static void *worker(void *arg)
{
	struct seat *seat = &page.seats[(intptr_t)arg];
	pthread_t owner;
	long answer;

	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_create(&owner, NULL, owner_of_lock, seat) == 0);
		while (word_of(&seat->lock) == 0)
			usleep(50);
		give_up(seat, futex(&seat->lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
		CHECK(pthread_join(owner, NULL) == 0);

		CHECK(pthread_create(&owner, NULL, owner_of_requeued, seat) == 0);
		answer = futex(&seat->condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &seat->lock, 0);
		/* A stop ends the wait of who has been requeued. */
		if (answer == -1 && errno == EAGAIN)
			answer = futex(&seat->lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
		give_up(seat, answer);
		CHECK(pthread_join(owner, NULL) == 0);

		for (int k = 0; k < 2; k++) {
			CHECK(pthread_mutex_lock(&page.mutex) == 0);
			page.counter++;
			CHECK(pthread_mutex_unlock(&page.mutex) == 0);
			write_often(seat);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 6);
	CHECK(pthread_mutexattr_init(&attr) == 0);
	CHECK(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT) == 0);
	CHECK(pthread_mutex_init(&page.mutex, &attr) == 0);
	run_workers(worker);
	CHECK(page.counter == 2 * threads * iterations);
	printf("counter %ld\n", page.counter);
	return 0;
}
