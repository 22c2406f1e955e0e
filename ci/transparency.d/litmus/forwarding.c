/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread always reads its own last store, and no store of another from before it afterwards. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
		r[0] = get(run, 0);
		r[1] = get(run, 1);
	} else {
		put(run, 1, 1);
		r[2] = get(run, 1);
		r[3] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	/* Each thread may see its own plain store before the other does. */
	return v[0] != 1 || v[1] != 1 || r[0] != 1 || r[2] != 1 || (!weak && r[1] == 0 && r[3] == 0);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "SB+rfi", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
