/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of the agent region: the one address range which the origin process and its shadows give to hitotsu.
 *
 * The region is a memfd, mapped shared by the daemon and by the process: code first (read, execute), then slots (read,
 * write). A slot belongs to one thread for as long as the thread stands in the agent: it holds the mailbox through
 * which the daemon hands it system calls, and the thread's stack while it runs agent code. StockLayout.java mirrors
 * every constant here, and a test compares the two.
 */
#ifndef HITOTSU_AGENT_H
#define HITOTSU_AGENT_H

/*
 * Between the position independent executables (0x55…) and the top-down mmap area (0x7f…), away from the regions of
 * the sanitizers, of Go's heap and of the legacy bottom-up mmap base: never handed out by the kernel unless asked for.
 */
#define AGENT_BASE 0x6f0000000000
#define AGENT_CODE_SIZE 0x10000
#define AGENT_SIZE 0x1000000
#define AGENT_END (AGENT_BASE + AGENT_SIZE)
#define SLOT_SIZE 4096
#define SLOT_BASE (AGENT_BASE + AGENT_CODE_SIZE)
/* The first sixteen slots are one large slot: the helper's at the origin, the control thread's in a shadow. */
#define CONTROL_SLOTS 16

/* Lowest and highest address of the canvas of a shadow (mmap_min_addr's usual value; the last page below the hole). */
#define CANVAS_START 0x10000
#define CANVAS_END 0x7ffffffff000

/*
 * The number of the rendezvous system call, which no kernel implements. The seccomp filter turns it into a
 * notification; the daemon's answer is the command. Where the daemon is gone the kernel answers ENOSYS.
 */
#define NR_RENDEZVOUS 6842740

/* Commands: the daemon's answers to the rendezvous. */
#define CMD_EXEC 1 /* run the system call in the mailbox, then come back */
#define CMD_IDLE 2 /* sleep on the mailbox's futex, interruptibly, until there is a request */
#define CMD_CALL 3 /* run the agent function named by the mailbox's nr, then come back */

/* Mailbox states. */
#define STATE_FREE 0
#define STATE_REQUESTED 1
#define STATE_DONE 2

/* Agent functions for CMD_CALL. */
#define CALL_DISCARD 1     /* madvise(MADV_DONTNEED) of args[0] ranges listed behind the mailbox */
#define CALL_THREAD_EXIT 2 /* what the kernel does for a thread that exits, in user mode; then exit(args[0]) */
#define CALL_NEW_THREAD 3  /* start one more shadow thread in the slot at args[0] */

/* Offsets in a slot. */
#define BOX_STATE 0
#define BOX_FUTEX 4
#define BOX_NR 8
#define BOX_ARGS 16
#define BOX_RESULT 64
#define BOX_AUX 72
#define BOX_RANGES 4096 /* control slot only: pairs of u64 (start, length) */
#define BOX_MAX_RANGES 512

/* Parameters of a shadow, in its control slot before it starts. */
#define SHADOW_GO 128          /* u32: set by the daemon when it traces the shadow */
#define SHADOW_SPECIAL 136     /* u64: start of vvar and vdso at the origin, 0: none */
#define SHADOW_SPECIAL_LEN 144 /* u64: their length in bytes */
#define SHADOW_FILTER_LEN 152  /* u64: instructions in the seccomp filter */
#define SHADOW_FILTER 8192     /* struct sock_filter[] (the ranges are not in use before the shadow is ready) */
#define SHADOW_UFFD 160        /* s64 out */
#define SHADOW_MEMFD 168       /* s64 out */
#define SHADOW_LISTENER 176    /* s64 out */
#define SHADOW_FAILED 184      /* s64 out: the step which failed, 0 when ready */
#define SHADOW_ERRNO 192       /* s64 out */

#endif
