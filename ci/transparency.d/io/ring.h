/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of io_uring(7), for the programs about it. */
#ifndef RING_H
#define RING_H

#include <linux/io_uring.h>
#include <sys/syscall.h>

#include "io.h"

/* What the kernel and the program share of one ring. */
struct ring {
	int fd;
	unsigned char *submissions, *completions;
	struct io_uring_sqe *entries;
	struct io_uring_params setup;
};

/* Whether there is a ring; the mappings may be refused as well. */
static inline int ring_open(struct ring *ring)
{
	struct io_uring_params *setup = &ring->setup;

	memset(setup, 0, sizeof(*setup));
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, setup);
	if (ring->fd < 0)
		return 0;
	ring->submissions = mmap(NULL, setup->sq_off.array + setup->sq_entries * sizeof(unsigned),
				 PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->completions = mmap(NULL, setup->cq_off.cqes + setup->cq_entries * sizeof(struct io_uring_cqe),
				 PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->entries = mmap(NULL, setup->sq_entries * sizeof(*ring->entries), PROT_READ | PROT_WRITE, MAP_SHARED,
			     ring->fd, IORING_OFF_SQES);
	return (void *)ring->submissions != MAP_FAILED && (void *)ring->completions != MAP_FAILED &&
	       (void *)ring->entries != MAP_FAILED;
}

/* Puts an entry into the queue, without telling the kernel. */
static inline void ring_put(struct ring *ring, struct io_uring_sqe entry)
{
	_Atomic unsigned *tail = (_Atomic unsigned *)(ring->submissions + ring->setup.sq_off.tail);
	unsigned *order = (unsigned *)(ring->submissions + ring->setup.sq_off.array);
	unsigned slot = atomic_load(tail) & (ring->setup.sq_entries - 1);

	ring->entries[slot] = entry;
	order[slot] = slot;
	atomic_fetch_add(tail, 1);
}

/* How many completions there are to take. */
static inline unsigned ring_done(struct ring *ring)
{
	_Atomic unsigned *head = (_Atomic unsigned *)(ring->completions + ring->setup.cq_off.head);
	_Atomic unsigned *end = (_Atomic unsigned *)(ring->completions + ring->setup.cq_off.tail);

	return atomic_load(end) - atomic_load(head);
}

/* Takes the first completion, which must be that of `tag`; what it came to. */
static inline int ring_take(struct ring *ring, uint64_t tag)
{
	_Atomic unsigned *head = (_Atomic unsigned *)(ring->completions + ring->setup.cq_off.head);
	struct io_uring_cqe *done = (struct io_uring_cqe *)(ring->completions + ring->setup.cq_off.cqes);
	int result;

	done += atomic_load(head) & (ring->setup.cq_entries - 1);
	CHECK(done->user_data == tag);
	result = done->res;
	atomic_fetch_add(head, 1);
	return result;
}

#endif
