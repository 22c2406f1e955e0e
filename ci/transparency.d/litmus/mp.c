/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: message passing: who sees a flag sees the data stored before it. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	if (role == 0) {
		put(run, 0, 1);
		put(run, 1, 1);
	} else {
		r[0] = get(run, 1);
		r[1] = get(run, 0);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	(void)weak;
	return v[0] != 1 || v[1] != 1 || (r[0] == 1 && r[1] == 0);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "MP", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
