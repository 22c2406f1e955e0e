/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: independent reads of independent writes: two readers never see the stores of two writers in opposite orders. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
	} else if (role == 1) {
		put(run, 1, 1);
	} else if (role == 2) {
		r[0] = get(run, 0);
		r[1] = get(run, 1);
	} else {
		r[2] = get(run, 1);
		r[3] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	(void)weak;
	return v[0] != 1 || v[1] != 1 || (r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "IRIW", 4, act, forbidden };

	return litmus(argc, argv, &shape);
}
