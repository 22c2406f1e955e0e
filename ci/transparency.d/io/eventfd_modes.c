/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an eventfd adds what threads write, gives all or (as a semaphore) one at a time, and blocks or refuses at its limits. */
#include <sys/eventfd.h>

#include "io.h"

static int counter, permits, full;
static atomic_long taken;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t value;

	settle();
	for (long i = 0; i < iterations; i++) {
		value = (uint64_t)(me + 1);
		CHECK(write(counter, &value, 8) == 8);
		meet();
		if (me == i % threads) {
			CHECK(read(counter, &value, 8) == 8 && value == (uint64_t)(threads * (threads + 1) / 2));
			CHECK(ERROR_OF(read(counter, &value, 8)) == EAGAIN && polled(counter, POLLIN, 0) == 0);
			/* As many permits as there are threads; the semaphore gives each one. */
			value = (uint64_t)threads;
			CHECK(write(permits, &value, 8) == 8);
		}
		CHECK(read(permits, &value, 8) == 8 && value == 1);
		atomic_fetch_add(&taken, 1);
		meet();
		CHECK(polled(permits, POLLIN, 0) == 0);
		/* The largest value is a full one; a writer then waits for a reader. */
		if (me == 0) {
			value = UINT64_MAX - 1;
			CHECK(write(full, &value, 8) == 8 && polled(full, POLLIN | POLLOUT, 0) == POLLIN);
			value = UINT64_MAX;
			CHECK(ERROR_OF(write(full, &value, 8)) == EINVAL && ERROR_OF(read(full, &value, 7)) == EINVAL);
			if (threads == 1)
				CHECK(read(full, &value, 8) == 8 && value == UINT64_MAX - 1);
			value = 5;
		}
		meet();
		if (me == 0)
			CHECK(write(full, &value, 8) == 8);
		if (me == 1)
			CHECK(read(full, &value, 8) == 8 && value == UINT64_MAX - 1);
		meet();
		if (me == 0)
			CHECK(read(full, &value, 8) == 8 && value == 5);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	counter = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	permits = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	full = eventfd(0, EFD_CLOEXEC);
	CHECK(counter >= 0 && permits >= 0 && full >= 0);
	run_workers(threads, worker);
	printf("taken %ld\n", atomic_load(&taken));
	return 0;
}
