/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a moved thread is still the thread it was: process and thread id, name, mask, groups, host, /proc/self, limits. */
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "check.h"

static struct utsname host;
static pid_t process, parent;
static uid_t user;
static cpu_set_t cpus;
static struct rlimit files;
static atomic_long sum;
static pid_t tids[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char name[16], got[16], path[64];
	struct utsname here;
	struct rlimit limit;
	struct stat st, self;
	cpu_set_t set;
	sigset_t mask;
	pid_t tid = (pid_t)syscall(SYS_gettid);
	FILE *comm;

	sigemptyset(&mask);
	sigaddset(&mask, SIGURG);
	CHECK(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
	snprintf(name, sizeof(name), "moved-%d", (int)me);
	CHECK(pthread_setname_np(pthread_self(), name) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(getpid() == process && getppid() == parent && getuid() == user);
		CHECK((pid_t)syscall(SYS_gettid) == tid);
		CHECK(uname(&here) == 0 && memcmp(&here, &host, sizeof(host)) == 0);
		CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && memcmp(&limit, &files, sizeof(files)) == 0);
		CHECK(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_EQUAL(&set, &cpus));
		CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGURG));
		CHECK(pthread_getname_np(pthread_self(), got, sizeof(got)) == 0 && strcmp(name, got) == 0);
	}
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	comm = fopen(path, "re");
	CHECK(comm && fgets(got, sizeof(got), comm));
	fclose(comm);
	got[strcspn(got, "\n")] = 0;
	CHECK(strcmp(got, name) == 0);
	CHECK(stat("/proc/self", &self) == 0);
	snprintf(path, sizeof(path), "/proc/%d", process);
	CHECK(stat(path, &st) == 0 && st.st_ino == self.st_ino);
	tids[me] = tid;
	atomic_fetch_add(&sum, me + 1);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 50);
	process = getpid();
	parent = getppid();
	user = getuid();
	CHECK(uname(&host) == 0 && getrlimit(RLIMIT_NOFILE, &files) == 0);
	CHECK(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++)
		for (int k = 0; k < i; k++)
			CHECK(tids[i] != tids[k] && tids[i] != process);
	CHECK(atomic_load(&sum) == threads * (threads + 1) / 2);
	printf("threads %d\n", threads);
	return 0;
}
