/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* /dev/hitotsu, see Documentation/userspace-api/hitotsu.rst */
#ifndef _UAPI_LINUX_HITOTSU_H
#define _UAPI_LINUX_HITOTSU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define HITOTSU_ABI	2

#define HITOTSU_HOME	0	/* in its program */
#define HITOTSU_REMOTE	1	/* in a shadow: no signal is ever delivered */
#define HITOTSU_SHADOW	1	/* attach: ends with the open file */

struct hitotsu_attach {
	__s32 pid;
	__u32 flags;
	__u64 cookie;		/* comes back in every event */
};

struct hitotsu_thread_arg {
	__s32 tid;
	__u32 flags;
	__s64 value;
};

#define HITOTSU_REPORT	1	/* proceed: EXECUTED when the call returns */

struct hitotsu_exec {
	__s32 tid;
	__u32 reserved;
	__u64 nr;
	__u64 args[6];
};

/* On resume a size of 0 leaves a part as it is, and sigmask on is ignored. */
struct hitotsu_image {
	__s32 tid;
	__u32 mode;		/* resume: HITOTSU_HOME or HITOTSU_REMOTE */
	__u64 regs;
	__u64 xstate;
	__u32 regs_size;	/* in: room, out: bytes */
	__u32 xstate_size;	/* in: room, out: bytes */
	__u64 sigmask;
	__u64 altstack;
	__u64 altstack_size;
	__u32 altstack_flags;
	__u32 rseq_size;
	__u64 rseq;
	__u32 rseq_signature;
	__u32 restart_pending;	/* restart_syscall(2) would go on with a call */
	__u64 robust_list;
	__u64 clear_child_tid;
};

#define HITOTSU_IOC_VERSION	_IO(0xE9, 0x00)
#define HITOTSU_IOC_ATTACH	_IOW(0xE9, 0x01, struct hitotsu_attach)
#define HITOTSU_IOC_PARK	_IOW(0xE9, 0x03, struct hitotsu_thread_arg)
#define HITOTSU_IOC_IMAGE	_IOWR(0xE9, 0x04, struct hitotsu_image)
#define HITOTSU_IOC_RESUME	_IOW(0xE9, 0x05, struct hitotsu_image)
#define HITOTSU_IOC_EXEC	_IOW(0xE9, 0x06, struct hitotsu_exec)
#define HITOTSU_IOC_INTERRUPT	_IOW(0xE9, 0x07, struct hitotsu_thread_arg)
#define HITOTSU_IOC_INJECT	_IOW(0xE9, 0x08, struct hitotsu_thread_arg)
#define HITOTSU_IOC_PROCEED	_IOW(0xE9, 0x09, struct hitotsu_thread_arg)

enum hitotsu_event_type {
	HITOTSU_EV_CAPTURED = 1,	/* waits at the entry of a system call */
	HITOTSU_EV_PARKED,		/* waits for EXEC or RESUME */
	HITOTSU_EV_EXECUTED,		/* an EXEC, or a reported PROCEED, is over */
	HITOTSU_EV_SIGNAL,		/* parked; a signal waits for its RESUME */
	HITOTSU_EV_TRAP,		/* parked; a fault signal was taken off */
	HITOTSU_EV_BORN,		/* parked before its first instruction */
	HITOTSU_EV_EXITING,		/* goes on to end; the last of a thread */
	HITOTSU_EV_REPLACED,		/* parked at another program's start */
	HITOTSU_EV_SIGNALLED,		/* asks: does it end in a core file? */
	HITOTSU_EV_DUMPING,		/* parked, for the answer was yes */
};

#define HITOTSU_PARK	1	/* what SIGNALLED is answered with: yes, */
#define HITOTSU_DELIVER	2	/* or no; it is asked until there is an answer */

#define HITOTSU_EF_IN_CALL	1	/* PARKED: in a call without result */
#define HITOTSU_EF_COMPAT	2	/* the call came through a 32 bit entry */
#define HITOTSU_EF_SIGNAL	4	/* EXECUTED: a signal is pending */

struct hitotsu_event {
	__u64 cookie;
	__u32 type;
	__u32 flags;
	__s32 tid;
	__s32 pid;
	__u32 mode;
	__u32 code;		/* TRAP: the signal's si_code */
	__u64 seq;		/* CAPTURED: for INJECT and PROCEED, see below */
	__u64 nr;		/* CAPTURED, PARKED in a call; TRAP: the signal */
	__s64 result;		/* EXECUTED; TRAP: the fault's address */
	__u64 args[6];		/* CAPTURED */
	__u64 ip;
};

/* What an eBPF program on hitotsu_capture() answers. */
#define HITOTSU_WAIT	0	/* nobody took it: try again later */
#define HITOTSU_TAKEN	1	/* the thread waits for INJECT or PROCEED */
#define HITOTSU_LOCAL	2	/* the call is made here, by the thread itself */
#define HITOTSU_ANSWER	3	/* the result is what bpf_hitotsu_answer() set */

#endif /* _UAPI_LINUX_HITOTSU_H */
