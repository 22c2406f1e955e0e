/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: read to write causality: a store seen by one thread is seen, behind a fence, by all whose own store it did not see. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
	} else if (role == 1) {
		r[0] = get(run, 0);
		r[1] = get(run, 1);
	} else {
		put(run, 1, 1);
		r[2] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	/* A plain load may overtake the third thread's store. */
	return v[0] != 1 || v[1] != 1 || (!weak && r[0] == 1 && r[1] == 0 && r[2] == 0);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "RWC", 3, act, forbidden };

	return litmus(argc, argv, &shape);
}
