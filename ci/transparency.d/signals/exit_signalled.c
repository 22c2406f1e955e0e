/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that calls exit just as it is signalled ends, and whoever joins it goes on. */
#include "signals.h"

static atomic_int ready, now;

static void *ending(void *arg)
{
	uint64_t state = 11 + (uint64_t)(intptr_t)arg;

	settle();
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&now))
		;
	for (uint64_t i = xorshift(&state) % 20000; i > 0; i--)
		xorshift(&state);
	/* Not by the library, which would block all signals first. */
	syscall(SYS_exit, 0);
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	handle(SIGUSR1, count_signal, SA_RESTART);
	for (long round = 0; round < iterations; round++) {
		atomic_store(&ready, 0);
		atomic_store(&now, 0);
		for (intptr_t i = 0; i < threads; i++)
			CHECK(pthread_create(&ids[i], NULL, ending, (void *)i) == 0);
		while (atomic_load(&ready) < threads)
			usleep(1000);
		atomic_store(&now, 1);
		/* Some are gone by then. */
		for (int i = 0; i < 300; i++)
			pthread_kill(ids[i % threads], SIGUSR1);
		for (long i = 0; i < threads; i++)
			CHECK(pthread_join(ids[i], NULL) == 0);
	}
	printf("ended %ld\n", threads * iterations);
	return 0;
}
