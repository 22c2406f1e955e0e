/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: flock goes on after handlers with SA_RESTART until the holder unlocks. */
#include <fcntl.h>
#include <sys/file.h>

#include "signals.h"

static int held[MAX_THREADS];

static void name_of(int i, char name[16])
{
	snprintf(name, 16, "lock%d", i);
}

static void body(void)
{
	char name[16];
	int own;

	name_of(me, name);
	own = open(name, O_RDWR);
	CHECK(own >= 0 && flock(own, LOCK_EX) == 0);
	CHECK(flock(held[me], LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	CHECK(close(own) == 0);
}

static void release(int i)
{
	CHECK(flock(held[i], LOCK_UN) == 0);
}

int main(int argc, char **argv)
{
	char name[16];

	arguments(argc, argv, 10);
	for (int i = 0; i < threads; i++) {
		name_of(i, name);
		held[i] = open(name, O_RDWR | O_CREAT, 0600);
		CHECK(held[i] >= 0 && flock(held[i], LOCK_EX) == 0);
	}
	restart_workers(body, release);
	for (int i = 0; i < threads; i++) {
		name_of(i, name);
		CHECK(unlink(name) == 0);
	}
	printf("restarted %ld\n", threads * iterations);
	return 0;
}
