/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that ends with an operation on a robust futex pending, which is free, wakes one who waits for it. */
#include "threads.h"

struct entry {
	struct robust_list list;
	int word;
	atomic_int woken;
};
static struct entry entries[MAX_THREADS];

/* Ends where it has set the word to 0 and has not woken anybody yet, as a handler in the middle of an unlock might. */
static void *dying(void *arg)
{
	struct entry *entry = arg;
	struct robust_list_head *head;
	size_t length;

	CHECK(syscall(SYS_get_robust_list, 0, &head, &length) == 0);
	/* The C library's own entries have another distance to their words, which there are none of. */
	CHECK(head->list.next == &head->list);
	head->futex_offset = (char *)&entry->word - (char *)&entry->list;
	head->list_op_pending = &entry->list;
	syscall(SYS_exit, 0);
	return NULL;
}

static void *waiting(void *arg)
{
	struct entry *entry = arg;

	/* Shared, as the kernel wakes. */
	CHECK(futex(&entry->word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0);
	atomic_store(&entry->woken, 1);
	return NULL;
}

static void *worker(void *arg)
{
	struct entry *entry = &entries[(intptr_t)arg];

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t waiter, owner;

		atomic_store(&entry->woken, 0);
		CHECK(pthread_create(&waiter, NULL, waiting, entry) == 0);
		/* Whoever ends before the other waits has nobody to wake. */
		while (!atomic_load(&entry->woken)) {
			CHECK(pthread_create(&owner, NULL, dying, entry) == 0);
			CHECK(pthread_join(owner, NULL) == 0);
		}
		CHECK(pthread_join(waiter, NULL) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_workers(worker);
	printf("woken %ld\n", threads * iterations);
	return 0;
}
