/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals sent to a computing thread run their handler in that very thread, on its stack, and every real-time one arrives. */
#include <signal.h>

#include "check.h"

static __thread long received, value_sum;
static __thread char *stack_low, *stack_high;
static atomic_int ready, done;
static pthread_t ids[MAX_THREADS];
static uint64_t results[MAX_THREADS];

static void handler(int number, siginfo_t *info, void *context)
{
	char here;

	(void)context;
	CHECK(number == SIGRTMIN && info->si_code == SI_QUEUE && info->si_pid == getpid());
	CHECK(&here > stack_low && &here < stack_high);
	received++;
	value_sum += info->si_value.sival_int;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	pthread_attr_t attr;
	void *low;
	size_t size;
	uint64_t state = 99;

	CHECK(pthread_getattr_np(pthread_self(), &attr) == 0 && pthread_attr_getstack(&attr, &low, &size) == 0);
	pthread_attr_destroy(&attr);
	stack_low = low;
	stack_high = stack_low + size;
	settle();
	atomic_fetch_add(&ready, 1);
	/* No system call in here: the signal has to find a thread that computes. */
	while (((volatile long *)&received)[0] < iterations)
		for (int i = 0; i < 100; i++)
			xorshift(&state);
	CHECK(value_sum == iterations * (iterations - 1) / 2 + iterations * me);
	results[me] = (uint64_t)received;
	atomic_fetch_add(&done, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
	long total = 0;

	arguments(argc, argv, 50);
	sigemptyset(&action.sa_mask);
	CHECK(sigaction(SIGRTMIN, &action, NULL) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
	while (atomic_load(&ready) < threads)
		usleep(1000);
	for (long n = 0; n < iterations; n++)
		for (int i = 0; i < threads; i++) {
			union sigval value = { .sival_int = (int)n + i };

			while (pthread_sigqueue(ids[i], SIGRTMIN, value))
				CHECK(errno == EAGAIN || usleep(100) == 0);
		}
	for (int i = 0; i < threads; i++) {
		CHECK(pthread_join(ids[i], NULL) == 0);
		total += (long)results[i];
	}
	CHECK(received == 0 && total == threads * iterations);
	printf("signals %ld\n", total);
	return 0;
}
