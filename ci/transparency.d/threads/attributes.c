/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads run on stacks of the size, guard or memory asked for, as pthread_getattr_np tells, and use all of it. */
#include "threads.h"

static void use_stack(size_t bytes)
{
	volatile char *memory = __builtin_alloca(bytes);

	for (size_t i = 0; i < bytes; i += 1024)
		memory[i] = (char)i;
	for (size_t i = 0; i < bytes; i += 1024)
		CHECK(memory[i] == (char)i);
}

static pthread_attr_t attrs[MAX_THREADS];

static void *child(void *arg)
{
	pthread_attr_t *wanted = &attrs[(intptr_t)arg], now;
	size_t size, wanted_size, guard, wanted_guard;
	void *low, *wanted_low = NULL;
	char here;

	CHECK(pthread_getattr_np(pthread_self(), &now) == 0 && pthread_attr_getstack(&now, &low, &size) == 0);
	CHECK(pthread_attr_getguardsize(&now, &guard) == 0);
	CHECK(pthread_attr_getguardsize(wanted, &wanted_guard) == 0);
	CHECK(pthread_attr_getstacksize(wanted, &wanted_size) == 0);
	CHECK(&here >= (char *)low && &here < (char *)low + size && size >= wanted_size - wanted_guard);
	pthread_attr_getstack(wanted, &wanted_low, &wanted_size);
	if (wanted_low && wanted_low != (void *)-wanted_size)
		CHECK(low == wanted_low && size == wanted_size);
	else
		CHECK(guard >= wanted_guard);
	use_stack(wanted_size - 40000);
	pthread_attr_destroy(&now);
	return NULL;
}

static void *worker(void *arg)
{
	void *memory = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	settle();
	CHECK(memory != MAP_FAILED);
	for (long i = 0; i < iterations; i++) {
		pthread_attr_t *attr = &attrs[(intptr_t)arg];
		pthread_t id;

		CHECK(pthread_attr_init(attr) == 0 && pthread_attr_setstacksize(attr, 1000) == EINVAL);
		if (i % 3 == 2) {
			CHECK(pthread_attr_setstack(attr, memory, 1 << 18) == 0);
		} else {
			CHECK(pthread_attr_setstacksize(attr, (size_t)(128 + 64 * (i % 2)) << 10) == 0);
			CHECK(pthread_attr_setguardsize(attr, (size_t)(i % 2) * 8192) == 0);
		}
		CHECK(pthread_create(&id, attr, child, arg) == 0 && pthread_join(id, NULL) == 0);
		pthread_attr_destroy(attr);
	}
	CHECK(munmap(memory, 1 << 18) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 9);
	run_workers(worker);
	printf("stacks %ld\n", threads * iterations);
	return 0;
}
