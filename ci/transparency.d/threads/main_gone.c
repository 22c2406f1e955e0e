/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: when main has ended, with its threads going on, writes are whole, and what concerns all threads does not wait for it. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "threads.h"

#define MANY (1 << 20)

static pthread_t main_id;
static int ends[2];

static void *reader(void *arg)
{
	static char bytes[4096];

	settle();
	for (long left = iterations * MANY; left > 0;) {
		ssize_t got = read(ends[0], bytes, sizeof(bytes));

		CHECK(got > 0);
		left -= got;
	}
	return arg;
}

static void *worker(void *arg)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog filter = { 1, &allow };
	pthread_t id;
	char *bytes = calloc(1, MANY);

	settle();
	CHECK(pthread_join(main_id, NULL) == 0);
	CHECK(pthread_create(&id, NULL, reader, NULL) == 0);
	for (long i = 0; i < iterations; i++)
		CHECK(write(ends[1], bytes, MANY) == MANY);
	CHECK(pthread_join(id, NULL) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0);
	printf("written %ld\n", iterations * MANY);
	exit(0);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;

	arguments(argc, argv, 4);
	CHECK(pipe(ends) == 0);
	main_id = pthread_self();
	CHECK(pthread_create(&id, NULL, worker, NULL) == 0);
	settle();
	pthread_exit(NULL);
}
