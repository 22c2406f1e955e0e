/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: futex_waitv waits for several words at once and names the one that was woken; a changed one is EAGAIN. */
#include "threads.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define WORDS 5

static int words[MAX_THREADS][WORDS], rounds[MAX_THREADS];

/* As struct futex_waitv of linux/futex.h since 5.16; 2 says 32 bits, 128 private. */
struct wait {
	uint64_t value, address;
	uint32_t flags, reserved;
};

static void *waker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	for (long i = 0; i < iterations; i++) {
		/* Until the waiter has come on, since it may not have slept yet. */
		while (word_of(&rounds[me]) <= i) {
			futex(&words[me][i % WORDS], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
			usleep(50);
		}
	}
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct wait waits[WORDS];
	pthread_t id;

	settle();
	for (int k = 0; k < WORDS; k++)
		waits[k] = (struct wait){ 0, (uintptr_t)&words[me][k], 2 | 128, 0 };
	waits[3].value = 1;
	CHECK(syscall(SYS_futex_waitv, waits, WORDS, 0, NULL, 0) == -1 && errno == EAGAIN);
	waits[3].value = 0;
	CHECK(pthread_create(&id, NULL, waker, arg) == 0);
	for (long i = 0; i < iterations; i++) {
		long woken;

		/* The waker may have looked, and come to wake the last one only now. */
		do
			woken = syscall(SYS_futex_waitv, waits, WORDS, 0, NULL, 0);
		while (i > 0 && woken == (i - 1) % WORDS);
		CHECK(woken == i % WORDS);
		set_word(&rounds[me], (int)i + 1);
	}
	CHECK(pthread_join(id, NULL) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	run_workers(worker);
	printf("woken %ld\n", threads * iterations);
	return 0;
}
