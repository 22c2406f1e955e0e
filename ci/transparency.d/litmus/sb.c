/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: store buffering: two threads that store, then load the other's variable, never both miss it where fences or locks forbid that. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
		r[0] = get(run, 1);
	} else {
		put(run, 1, 1);
		r[1] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	/* A plain store may wait in its buffer while the load goes ahead. */
	return v[0] != 1 || v[1] != 1 || (!weak && r[0] == 0 && r[1] == 0);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "SB", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
