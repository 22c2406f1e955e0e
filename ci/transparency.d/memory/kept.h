/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs share in which the first thread locks memory that the others have written, perhaps elsewhere. */
#ifndef LOCKED_H
#define LOCKED_H

#include "memory.h"

static unsigned char *locked;

static inline void *write_part(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	paint(locked + 2 * me * PAGE, 2 * PAGE, (uint64_t)me);
	meet();
	/* Where it was written: it has to be fetched from there. */
	settle();
	return arg;
}

/* The advice to drop what is locked is refused, and has dropped nothing. */
static inline void refused(const char *how)
{
	size_t size = 2 * (size_t)threads * PAGE;

	run_workers(threads, write_part);
	CHECK(madvise(locked, size, MADV_DONTNEED) == -1 && errno == EINVAL);
	for (int i = 0; i < threads; i++)
		CHECK(painted(locked + 2 * i * PAGE, 2 * PAGE, (uint64_t)i));
	printf("%s %d\n", how, threads);
}

#endif
