/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: load buffering: two threads that load, then store what the other loads, never both see the other's store. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		r[0] = get(run, 0);
		put(run, 1, 1);
	} else {
		r[1] = get(run, 1);
		put(run, 0, 1);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	(void)weak;
	return v[0] != 1 || v[1] != 1 || (r[0] == 1 && r[1] == 1);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "LB", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
