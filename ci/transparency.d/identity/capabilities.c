/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: capabilities are the thread's: a worker that drops one is refused what the others may still do. */
#include "identity.h"
#include <linux/capability.h>
#include <sys/socket.h>

static struct __user_cap_data_struct expected[2];

static void take(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

	CHECK(syscall(SYS_capget, &header, data) == 0);
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct mine[2];

	settle();
	take(mine);
	CHECK(memcmp(mine, expected, sizeof(mine)) == 0);
	if (me % 2) {
		mine[0].effective &= ~(1u << CAP_SYS_NICE | 1u << CAP_SETUID);
		CHECK(syscall(SYS_capset, &header, mine) == 0);
	}
	for (long i = 0; i < iterations; i++) {
		struct __user_cap_data_struct got[2];

		take(got);
		CHECK(memcmp(got, mine, sizeof(got)) == 0);
		/* To another user id and back is CAP_SETUID; the bare call, for this thread only. */
		if (got[0].effective & 1u << CAP_SETUID)
			CHECK(syscall(SYS_setresuid, -1, getuid(), getuid()) == 0);
		else
			CHECK(syscall(SYS_setresuid, -1, getuid() + 4242, -1) == -1 && errno == EPERM);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	take(expected);
	run_threads(threads, worker);
	printf("effective %x\n", expected[0].effective);
	return 0;
}
