/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: each thread's robust list is where its C library put it, can be replaced, and the kernel walks the new one at its end. */
#include <stddef.h>

#include "threads.h"

struct own_lock {
	struct robust_list list;
	int word;
};
static struct own_lock locks[MAX_THREADS];
static atomic_int ends[MAX_THREADS];

static void *dier(void *arg)
{
	intptr_t me = (intptr_t)arg;
	static __thread struct robust_list_head head;
	struct robust_list_head *before, *now;
	size_t size;

	CHECK(syscall(SYS_get_robust_list, 0, &before, &size) == 0 && before && size == sizeof(head));
	head.futex_offset = offsetof(struct own_lock, word);
	head.list.next = &locks[me].list;
	locks[me].list.next = &head.list;
	CHECK(syscall(SYS_set_robust_list, &head, sizeof(head)) == 0);
	CHECK(syscall(SYS_set_robust_list, &head, 3) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_get_robust_list, gettid(), &now, &size) == 0 && now == &head && now != before);
	set_word(&locks[me].word, gettid() | (int)FUTEX_WAITERS);
	atomic_fetch_add(&ends[me], 1);
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t id;
		int was;

		CHECK(pthread_create(&id, NULL, dier, arg) == 0);
		while (atomic_load(&ends[me]) <= i)
			usleep(20);
		/* Woken by the kernel when the owner ends, or later than that. */
		while (!((was = word_of(&locks[me].word)) & (int)FUTEX_OWNER_DIED))
			CHECK(futex(&locks[me].word, FUTEX_WAIT, was, NULL, NULL, 0) == 0 || errno == EAGAIN);
		CHECK((was & FUTEX_TID_MASK) == 0);
		CHECK(pthread_join(id, NULL) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	run_workers(worker);
	printf("owners died %ld\n", threads * iterations);
	return 0;
}
