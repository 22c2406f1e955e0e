/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: two threads that store to two variables in opposite orders never both lose their second store. */
#include "litmus.h"

static void act(int role, const struct run *run, volatile long *r)
{
	(void)r;
	if (role == 0) {
		put(run, 0, 1);
		put(run, 1, 2);
	} else {
		put(run, 1, 1);
		put(run, 0, 2);
	}
}

static int forbidden(const long *v, const long *r, int weak)
{
	(void)r;
	(void)weak;
	return v[0] == 0 || v[1] == 0 || (v[0] == 1 && v[1] == 1);
}

int main(int argc, char **argv)
{
	static const struct shape shape = { "2+2W", 2, act, forbidden };

	return litmus(argc, argv, &shape);
}
