/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: every id of a worker is what the process and the thread had before: real, effective, saved, file system, group, session. */
#include "identity.h"
#include <sys/fsuid.h>

struct ids {
	uid_t users[4];
	gid_t groups[4], all[64];
	int count;
	pid_t numbers[4];
};

static struct ids expected;

static void take(struct ids *ids)
{
	memset(ids, 0, sizeof(*ids));
	CHECK(getresuid(&ids->users[0], &ids->users[1], &ids->users[2]) == 0);
	CHECK(getresgid(&ids->groups[0], &ids->groups[1], &ids->groups[2]) == 0);
	/* Asking for an id that none may take only tells the present one. */
	ids->users[3] = (uid_t)setfsuid((uid_t)-1);
	ids->groups[3] = (gid_t)setfsgid((gid_t)-1);
	ids->count = getgroups(64, ids->all);
	ids->numbers[0] = getpid();
	ids->numbers[1] = getppid();
	ids->numbers[2] = getpgrp();
	ids->numbers[3] = getsid(0);
	CHECK(getuid() == ids->users[0] && geteuid() == ids->users[1]);
	CHECK(getgid() == ids->groups[0] && getegid() == ids->groups[1] && getpgid(0) == ids->numbers[2]);
}

static void *worker(void *arg)
{
	pid_t tid = gettid();

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		struct ids ids;

		take(&ids);
		CHECK(memcmp(&ids, &expected, sizeof(ids)) == 0);
		CHECK(gettid() == tid && tid != ids.numbers[0]);
	}
	CHECK(syscall(SYS_tgkill, getpid(), tid, 0) == 0);
	CHECK(sched_getscheduler(tid) >= 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 30);
	take(&expected);
	run_threads(threads, worker);
	printf("user %d group %d of %d\n", (int)expected.users[0], (int)expected.groups[0], expected.count);
	return 0;
}
