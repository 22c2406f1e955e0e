/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: setjmp, longjmp and sigsetjmp restore registers and masks of a moved thread. */
#include <setjmp.h>
#include <signal.h>

#include "check.h"

static uint64_t results[MAX_THREADS];

/* Always 0; so that the compiler does not foresee where the recursion ends. */
static volatile int never;

static void dive(jmp_buf out, int depth, int value)
{
	volatile char frame[200];

	frame[depth % 200] = (char)value;
	if (never)
		return;
	if (depth == 0)
		longjmp(out, value);
	dive(out, depth - 1, value + frame[depth % 200] * 0);
	frame[0] = 1;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	volatile uint64_t sum = 0;

	settle();
	for (volatile long i = 0; i < iterations; i++) {
		jmp_buf out;
		int value = setjmp(out);

		if (value == 0)
			dive(out, (int)(i % 50), (int)(i % 1000 + me + 1));
		sum += (uint64_t)value;
		if (i % 500 == 0) {
			sigjmp_buf masked;
			sigset_t set, now;

			sigemptyset(&set);
			sigaddset(&set, SIGUSR2);
			if (sigsetjmp(masked, 1) == 0) {
				CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
				siglongjmp(masked, 1);
			}
			CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0 && !sigismember(&now, SIGUSR2));
		}
	}
	results[me] = sum;
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5000);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++) {
		uint64_t expected = 0;

		for (long k = 0; k < iterations; k++)
			expected += (uint64_t)(k % 1000 + i + 1);
		CHECK(results[i] == expected);
	}
	printf("last %llu\n", (unsigned long long)results[threads - 1]);
	return 0;
}
