/* SPDX-License-Identifier: Apache-2.0 */
/* For programs that install filters of system calls of their own. */
#ifndef OWN_FILTER_H
#define OWN_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "check.h"

/* The first number that no kernel has, and that the agent has calls by. */
#define NO_CALL 6842740

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
#define ON(number, action) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), ANSWER(action)

/* What these programs, and the end of a thread, do with any libc. */
#define ALLOW_NEEDED                                                                                             \
	ON(SYS_write, SECCOMP_RET_ALLOW), ON(SYS_futex, SECCOMP_RET_ALLOW), ON(SYS_exit, SECCOMP_RET_ALLOW),     \
		ON(SYS_exit_group, SECCOMP_RET_ALLOW), ON(SYS_clock_gettime, SECCOMP_RET_ALLOW),                 \
		ON(SYS_rt_sigprocmask, SECCOMP_RET_ALLOW), ON(SYS_rt_sigreturn, SECCOMP_RET_ALLOW),              \
		ON(SYS_madvise, SECCOMP_RET_ALLOW), ON(SYS_munmap, SECCOMP_RET_ALLOW),                           \
		ON(SYS_mprotect, SECCOMP_RET_ALLOW), ON(SYS_gettid, SECCOMP_RET_ALLOW)

static inline void install(const struct sock_filter *filter, size_t length, unsigned long flags)
{
	struct sock_fprog program = { .len = (unsigned short)length, .filter = (struct sock_filter *)filter };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (flags)
		CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0);
	else
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}
#define INSTALL(filter, flags) install(filter, sizeof(filter) / sizeof((filter)[0]), flags)

static inline void *ends(void *arg)
{
	pthread_exit(arg);
}

/* The C library opens another one when a thread first calls pthread_exit, which under a filter it could not. */
static inline void prepare_ends(void)
{
	pthread_t first;

	CHECK(pthread_create(&first, NULL, ends, NULL) == 0);
	CHECK(pthread_join(first, NULL) == 0);
}

/* Computes for some milliseconds without a call, so that a thread that may be moved is. */
static inline void compute(void)
{
	volatile uint64_t state = 88172645463325252ull;

	for (int i = 0; i < 1000000; i++) {
		uint64_t next = state;

		state = xorshift(&next);
	}
}

/* As settle(), and for some moves more. */
static inline void travel(void)
{
	settle();
	for (int i = 0; i < 10; i++) {
		compute();
		CHECK(syscall(SYS_gettid) > 0);
	}
}

#endif
