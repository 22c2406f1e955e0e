/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: msgrcv and semop end with EINTR after a handler even with SA_RESTART, and with EIDRM when the object goes. */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "signals.h"

static int queue, set;

static void body(void)
{
	struct {
		long type;
		char text[8];
	} message;
	struct sembuf take = { .sem_op = -1 };

	for (long i = 0; i < iterations; i++) {
		CHECK(msgrcv(queue, &message, 8, 0, 0) == -1 && errno == EINTR);
		CHECK(semop(set, &take, 1) == -1 && errno == EINTR);
	}
	atomic_fetch_add(&awaited[0], 1);
	while (msgrcv(queue, &message, 8, 0, 0) == -1 && errno == EINTR)
		;
	/* Either it waited when the queue went, or it came later. */
	CHECK(errno == EIDRM || errno == EINVAL);
	while (semop(set, &take, 1) == -1 && errno == EINTR)
		;
	CHECK(errno == EIDRM || errno == EINVAL);
}

/* Outlives this process by a moment and removes what a failed run would leave behind. */
static pid_t start_guardian(int *until)
{
	int ends[2];
	pid_t child;
	char byte;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		msgctl(queue, IPC_RMID, NULL);
		semctl(set, 0, IPC_RMID);
		_exit(0);
	}
	close(ends[0]);
	*until = ends[1];
	return child;
}

static void *remover(void *arg)
{
	while (atomic_load(&awaited[0]) < threads)
		usleep(100);
	CHECK(msgctl(queue, IPC_RMID, NULL) == 0 && semctl(set, 0, IPC_RMID) == 0);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;
	pid_t guardian;
	int until;

	arguments(argc, argv, 3);
	queue = msgget(IPC_PRIVATE, 0600);
	set = semget(IPC_PRIVATE, 1, 0600);
	CHECK(queue >= 0 && set >= 0);
	guardian = start_guardian(&until);
	CHECK(pthread_create(&id, NULL, remover, NULL) == 0);
	interrupt_workers(SA_RESTART, body);
	CHECK(pthread_join(id, NULL) == 0 && close(until) == 0 && wait_for(guardian) == 0);
	printf("interrupted %ld\n", 2 * threads * iterations);
	return 0;
}
