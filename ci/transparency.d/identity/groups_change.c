/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: groups and ids that one worker sets through the C library hold for every thread; without the right to, they are EPERM. */
#include "identity.h"
#include <grp.h>

static pthread_barrier_t barrier;
static int root, count;
static gid_t first[64];
static gid_t group;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	gid_t got[64], wanted[3] = { 20011, 20012, 20013 };

	settle();
	for (long i = 0; i < iterations; i++) {
		gid_t real, effective, saved;

		pthread_barrier_wait(&barrier);
		if (me == i % threads) {
			wanted[2] = 30000 + (gid_t)i;
			if (root) {
				CHECK(setgroups(3, wanted) == 0 && setresgid(group, 30000 + (gid_t)i, group) == 0);
			} else {
				CHECK(setgroups(3, wanted) == -1 && errno == EPERM);
				CHECK(setresgid(0, 0, 0) == -1 && errno == EPERM);
			}
		}
		pthread_barrier_wait(&barrier);
		CHECK(getresgid(&real, &effective, &saved) == 0 && real == group && saved == group);
		if (root) {
			CHECK(getgroups(64, got) == 3 && got[0] == 20011 && got[2] == 30000 + (gid_t)i);
			CHECK(effective == 30000 + (gid_t)i && getegid() == effective);
		} else {
			CHECK(getgroups(64, got) == count && memcmp(got, first, (size_t)count * sizeof(gid_t)) == 0);
			CHECK(effective == group);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	root = geteuid() == 0;
	group = getgid();
	count = getgroups(64, first);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	run_threads(threads, worker);
	printf("changes %ld\n", iterations);
	return 0;
}
