/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: two readers agree in which order two threads stored to one variable. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
	} else if (role == 1) {
		put(run, 0, 2);
	} else if (role == 2) {
		r[0] = get(run, 0);
		r[1] = get(run, 0);
	} else {
		r[2] = get(run, 0);
		r[3] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	(void)weak;
	return v[0] == 0 || (r[0] == 1 && r[1] == 2 && r[2] == 2 && r[3] == 1) ||
	       (r[0] == 2 && r[1] == 1 && r[2] == 1 && r[3] == 2);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "CoRR2", 4, act, forbidden };

	return litmus(argc, argv, &shape);
}
