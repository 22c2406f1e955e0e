/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread whose store comes last to a variable sees, behind a fence, what the other stored before. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
		put(run, 1, 1);
	} else {
		put(run, 1, 2);
		r[0] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	/* As in SB, a plain load may overtake the store before it. */
	return v[0] != 1 || v[1] == 0 || (!weak && v[1] == 2 && r[0] == 0);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "R", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
