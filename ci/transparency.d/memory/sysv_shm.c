/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a System V segment attached twice by moved threads is one memory, counts its attachments, and is gone after the last. */
#include "memory.h"

#include <sys/shm.h>

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		int id = shmget(IPC_PRIVATE, 2 * PAGE, IPC_CREAT | 0600);
		unsigned char *first, *second;
		struct shmid_ds state;
		pid_t child;

		CHECK(id >= 0);
		first = shmat(id, NULL, 0);
		CHECK((void *)first != (void *)-1 && shmctl(id, IPC_RMID, NULL) == 0);
		/* Linux lets a segment that is to go be attached as long as it exists. */
		second = shmat(id, NULL, SHM_RDONLY);
		CHECK((void *)second != (void *)-1 && first != second);
		CHECK(shmctl(id, IPC_STAT, &state) == 0 && state.shm_nattch == 2 && state.shm_segsz == 2 * PAGE);
		CHECK(filled(second, 2 * PAGE, 0));
		paint(first, PAGE, (uint64_t)(i + me));
		CHECK(painted(second, PAGE, (uint64_t)(i + me)) && try_write(second, 1) == SEGV_ACCERR);
		child = fork();
		if (child == 0) {
			paint(first + PAGE, PAGE, 77);
			_exit(painted(second, PAGE, (uint64_t)(i + me)) ? 9 : 1);
		}
		CHECK(status_of(child) == 9 && painted(second + PAGE, PAGE, 77));
		CHECK(shmdt(second) == 0 && try_read(second) == SEGV_MAPERR && shmdt(second) == -1 && errno == EINVAL);
		CHECK(painted(first, PAGE, (uint64_t)(i + me)) && shmdt(first) == 0);
		CHECK(shmctl(id, IPC_STAT, &state) == -1 && (errno == EINVAL || errno == EIDRM));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	catch_faults();
	/* By itself: the place of a detached segment must stay free while it is tried. */
	run_workers(1, worker);
	printf("segments %ld\n", iterations);
	return 0;
}
