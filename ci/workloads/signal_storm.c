/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals sent one by one to threads that compute elsewhere are each handled once, at whatever moment they come. */
#include <signal.h>

#include "check.h"

static atomic_int stop, ready;
static atomic_long handled[MAX_THREADS];
static _Thread_local int me;

static void on_signal(int signal)
{
	(void)signal;
	atomic_fetch_add(&handled[me], 1);
}

static void *worker(void *arg)
{
	volatile long own[512] = { 0 };

	me = (int)(intptr_t)arg;
	settle();
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop))
		for (int i = 0; i < 20000; i++)
			own[i % 512]++;
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	pthread_t ids[MAX_THREADS];

	arguments(argc, argv, 150);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
	while (atomic_load(&ready) < threads)
		usleep(1000);
	for (long n = 1; n <= iterations; n++)
		for (int i = 0; i < threads; i++) {
			CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
			while (atomic_load(&handled[i]) < n)
				usleep(100);
			CHECK(atomic_load(&handled[i]) == n);
		}
	atomic_store(&stop, 1);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	printf("handled %ld\n", iterations * threads);
	return 0;
}
