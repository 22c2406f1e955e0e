/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that one thread locks keeps what others write to it when it is advised away, which is refused. */
#include "kept.h"

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	area = new_pages(2 * (size_t)threads);
	CHECK(mlock(area, area_size()) == 0);
	keeps_locked("locked");
	return 0;
}
