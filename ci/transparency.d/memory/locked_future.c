/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: of a program that locks all its future memory, that keeps what threads write to it when it is advised away. */
#include "kept.h"

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	/* On fault: a user may not lock the stacks of threads as a whole. */
	CHECK(mlockall(MCL_FUTURE | MCL_ONFAULT) == 0);
	area = new_pages(2 * (size_t)threads);
	keeps_locked("locked ahead");
	return 0;
}
