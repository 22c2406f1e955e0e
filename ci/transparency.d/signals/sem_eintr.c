/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sem_wait ends with EINTR without SA_RESTART, and takes nothing. */
#include <semaphore.h>

#include "signals.h"

static sem_t semaphore;

static void body(void)
{
	for (long i = 0; i < iterations; i++)
		CHECK(sem_wait(&semaphore) == -1 && errno == EINTR);
}

int main(int argc, char **argv)
{
	int value;

	arguments(argc, argv, 6);
	CHECK(sem_init(&semaphore, 0, 0) == 0);
	interrupt_workers(0, body);
	CHECK(sem_post(&semaphore) == 0 && sem_getvalue(&semaphore, &value) == 0 && value == 1);
	printf("interrupted %ld value %d\n", threads * iterations, value);
	return 0;
}
