/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a store after a load that saw another thread's second store lands after that thread's first. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 2);
		put(run, 1, 1);
	} else {
		r[0] = get(run, 1);
		put(run, 0, 1);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	(void)weak;
	return v[0] == 0 || v[1] != 1 || (r[0] == 1 && v[0] == 2);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "S", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
