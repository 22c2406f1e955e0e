/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sem_timedwait ends with EINTR after a handler even with SA_RESTART; not interrupted it ends with ETIMEDOUT. */
#include <semaphore.h>

#include "signals.h"

static sem_t semaphore;

static void body(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 3600;
	for (long i = 0; i < iterations; i++)
		CHECK(sem_timedwait(&semaphore, &until) == -1 && errno == EINTR);
	mask(SIG_BLOCK, SIGUSR1);
	clock_gettime(CLOCK_REALTIME, &until);
	CHECK(sem_timedwait(&semaphore, &until) == -1 && errno == ETIMEDOUT);
	mask(SIG_UNBLOCK, SIGUSR1);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	CHECK(sem_init(&semaphore, 0, 0) == 0);
	interrupt_workers(SA_RESTART, body);
	printf("interrupted %ld\n", threads * iterations);
	return 0;
}
