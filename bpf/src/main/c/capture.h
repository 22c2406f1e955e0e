/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What capture.bpf.c shares with its reader: the records in its ring and the tables that decide about system calls.
 * org.hitotsu.bpf.CaptureLayouts is the Java side; a test compares the two through the object's BTF.
 */
#ifndef HITO_CAPTURE_H
#define HITO_CAPTURE_H

#include "hitotsu-uapi.h"

/* System calls the tables cover; Linux 6.12 ends at 462. Others are forwarded, and made natively at home. */
#define HITO_CALLS 512

/* Longest payload in a record, bytes. */
#define HITO_PAYLOAD 256

/* What becomes of a system call of a thread at home. */
enum hito_home_rule {
	HITO_HOME_LOCAL = 0,		/* the thread makes it */
	HITO_HOME_CAPTURE = 1,
	HITO_HOME_MAPPING = 2,		/* mmap: captured if it replaces what is mapped, or locks */
	HITO_HOME_DROPPING = 3,		/* madvise: captured if it drops content */
	HITO_HOME_CLONE = 4,		/* clone: captured if the child copies the memory, or may keep it */
	HITO_HOME_CLONE3 = 5,		/* the same, with its flags in memory */
	HITO_HOME_AFFINITY = 6,		/* captured where the space sees the cluster's processors */
	HITO_HOME_USERFAULTFD = 7,	/* ioctl: captured if a userfaultfd is to have memory */
};

/* What becomes of a system call of a thread in a shadow. */
enum hito_remote_rule {
	HITO_REMOTE_FORWARD = 0,
	HITO_REMOTE_LOCAL = 1,
	HITO_REMOTE_PID = 2,		/* answered with the process id, if that is known */
};

/* Memory whose bytes go with a forwarded call, as far as they are there without a fault. */
enum hito_payload_kind {
	HITO_PAYLOAD_NONE = 0,
	HITO_PAYLOAD_STRING = 1,	/* at argument payload_arg */
	HITO_PAYLOAD_BYTES = 2,		/* there, as many as argument length_arg says */
};

struct hito_rule {
	__u8 home;
	__u8 remote;
	__u8 payload_kind;
	__u8 payload_arg;
	__u8 length_arg;
	__u8 reserved[3];
};

/* Flags of a space. */
#define HITO_SPACE_SHARED 1		/* the program is prepared: its calls mean something */
#define HITO_SPACE_CLUSTER_CPUS 2	/* it is told of the processors of all nodes */
#define HITO_SPACE_CORES_PIPED 4	/* its core file goes to another program */

/* An attached process of this daemon, by its cookie. */
struct hito_space {
	__u32 flags;
	__u32 answer_pid;		/* what getpid() answers in a shadow; 0: forwarded */
};

/* An event without payload is a struct hitotsu_event alone. */
struct hito_payload_record {
	struct hitotsu_event event;
	__u32 payload_kind;
	__u32 payload_bytes;
	__u8 payload[HITO_PAYLOAD];
};

#endif
