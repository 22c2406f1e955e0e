/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: sem_wait goes on after handlers with SA_RESTART, and as many waiters pass as there are posts. */
#include <semaphore.h>

#include "signals.h"

static sem_t semaphore;

static void body(void)
{
	CHECK(sem_wait(&semaphore) == 0);
}

static void release(int i)
{
	(void)i;
	CHECK(sem_post(&semaphore) == 0);
}

int main(int argc, char **argv)
{
	int value;

	arguments(argc, argv, 12);
	CHECK(sem_init(&semaphore, 0, 0) == 0);
	restart_workers(body, release);
	CHECK(sem_getvalue(&semaphore, &value) == 0 && value == 0);
	printf("restarted %ld value %d\n", threads * iterations, value);
	return 0;
}
