/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: all threads stopped by a signal, as a collector does, hold still with their registers saved, until a second one. */
#include <semaphore.h>

#include "signals.h"

static sem_t stopped;
static atomic_int finished;
static atomic_long steps[MAX_THREADS];
static atomic_uintptr_t pointer[MAX_THREADS];

static void on_resume(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

static void on_stop(int number, siginfo_t *info, void *context)
{
	sigset_t all_but;
	int saved = errno;

	(void)info;
	(void)number;
	atomic_store(&pointer[me], (uintptr_t)registers(context)[REG_RSP]);
	sigfillset(&all_but);
	sigdelset(&all_but, SIGUSR2);
	CHECK(sem_post(&stopped) == 0);
	/* The second signal is blocked here (sa_mask), so it can't come too early. */
	CHECK(sigsuspend(&all_but) == -1 && errno == EINTR);
	CHECK(sem_post(&stopped) == 0);
	errno = saved;
}

static void body(void)
{
	uint64_t state = 5 + (uint64_t)me;

	while (!atomic_load(&finished)) {
		xorshift(&state);
		atomic_fetch_add(&steps[me], 1);
		if (me % 2 && state % 64 == 0)
			sched_yield();
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_stop, .sa_flags = SA_SIGINFO | SA_RESTART };

	arguments(argc, argv, 8);
	CHECK(sem_init(&stopped, 0, 0) == 0);
	sigfillset(&action.sa_mask);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	handle(SIGUSR2, on_resume, SA_RESTART);
	start_workers(body);
	for (long n = 0; n < iterations; n++) {
		long before[MAX_THREADS];

		for (int i = 0; i < threads; i++)
			CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
		for (int i = 0; i < threads; i++)
			CHECK(sem_wait(&stopped) == 0);
		for (int i = 0; i < threads; i++)
			before[i] = atomic_load(&steps[i]);
		varied_pause(n % 4);
		for (int i = 0; i < threads; i++) {
			pthread_attr_t attr;
			void *low;
			size_t size;

			CHECK(atomic_load(&steps[i]) == before[i]);
			CHECK(pthread_getattr_np(ids[i], &attr) == 0);
			CHECK(pthread_attr_getstack(&attr, &low, &size) == 0);
			pthread_attr_destroy(&attr);
			CHECK(atomic_load(&pointer[i]) - (uintptr_t)low < size);
		}
		for (int i = 0; i < threads; i++)
			CHECK(pthread_kill(ids[i], SIGUSR2) == 0);
		for (int i = 0; i < threads; i++)
			CHECK(sem_wait(&stopped) == 0);
	}
	atomic_store(&finished, 1);
	end_workers();
	printf("stops %ld\n", iterations);
	return 0;
}
