/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that one thread locks keeps what others write to it when it is advised away, which is refused. */
#include "locked.h"

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	locked = new_pages(2 * (size_t)threads);
	CHECK(mlock(locked, 2 * (size_t)threads * PAGE) == 0);
	refused("locked");
	return 0;
}
