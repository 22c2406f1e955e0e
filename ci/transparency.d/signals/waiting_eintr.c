/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: one signal that comes when a thread is known to wait, on a semaphore or a futex, ends that wait with EINTR. */
#include <linux/futex.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "signals.h"

static int set;
static atomic_int words[MAX_THREADS];
static atomic_long ended[MAX_THREADS];

static long futex(atomic_int *word, int operation, long second, atomic_int *target)
{
	return syscall(SYS_futex, word, operation, 0, second, target, 0);
}

/* Each wait is ended by one signal, and by nothing else. */
static void body(void)
{
	struct sembuf take = { .sem_num = (unsigned short)me, .sem_op = -1 };

	for (long i = 0; i < iterations; i++) {
		CHECK(semop(set, &take, 1) == -1 && errno == EINTR);
		atomic_fetch_add(&ended[me], 1);
		CHECK(futex(&words[me], FUTEX_WAIT_PRIVATE, 0, NULL) == -1 && errno == EINTR);
		atomic_fetch_add(&ended[me], 1);
	}
}

/* Moved from its word to the same word: nothing changes, and the kernel tells how many waited there. */
static int waits(int worker, long wait)
{
	if (wait % 2 == 0)
		return semctl(set, worker, GETNCNT) == 1;
	return futex(&words[worker], FUTEX_REQUEUE_PRIVATE, 1, &words[worker]) == 1;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 25);
	set = semget(IPC_PRIVATE, MAX_THREADS, 0600);
	CHECK(set >= 0);
	handle(SIGUSR1, count_signal, 0);
	start_workers(body);
	for (long n = 0; n < 2 * iterations; n++) {
		for (int i = 0; i < threads; i++) {
			while (!waits(i, n))
				usleep(20);
			CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
		}
		for (int i = 0; i < threads; i++)
			while (atomic_load(&ended[i]) <= n)
				usleep(50);
	}
	end_workers();
	for (int i = 0; i < threads; i++)
		CHECK(atomic_load(&caught[i]) == 2 * iterations);
	CHECK(semctl(set, 0, IPC_RMID) == 0);
	printf("interrupted %ld\n", 2 * threads * iterations);
	return 0;
}
