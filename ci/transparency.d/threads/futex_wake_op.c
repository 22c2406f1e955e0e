/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAKE_OP changes the second word atomically by its operation and tests the old value as asked. */
#include "threads.h"

static int shared_second;

static void *worker(void *arg)
{
	int first = 0, second;

	settle();
	for (long i = 0; i < iterations; i++) {
		second = 12;
		CHECK(futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second,
			    FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 12)) == 0 &&
		      second == 5);
		CHECK(futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second,
			    FUTEX_OP(FUTEX_OP_OR, 10, FUTEX_OP_CMP_NE, 5)) == 0 &&
		      second == 15);
		CHECK(futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second,
			    FUTEX_OP(FUTEX_OP_ANDN, 3, FUTEX_OP_CMP_LT, 99)) == 0 &&
		      second == 12);
		CHECK(futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second,
			    FUTEX_OP(FUTEX_OP_XOR, 5, FUTEX_OP_CMP_GE, 0)) == 0 &&
		      second == 9);
		/* As bit number. */
		CHECK(futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &second,
			    FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 6, FUTEX_OP_CMP_EQ, 0)) == 0 &&
		      second == 73);
		CHECK(futex(&first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &shared_second,
			    FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 0)) >= 0);
		__atomic_add_fetch(&shared_second, 1, __ATOMIC_SEQ_CST);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 100);
	run_workers(worker);
	CHECK(shared_second == 2 * threads * iterations);
	printf("added %d\n", shared_second);
	return 0;
}
