/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that is mapped locked keeps what threads write to it when it is advised away, which is refused. */
#include "kept.h"

int main(int argc, char **argv)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED;

	arguments(argc, argv, 1);
	area = mmap(NULL, area_size(), PROT_READ | PROT_WRITE, flags, -1, 0);
	CHECK(area != MAP_FAILED);
	keeps_locked("mapped locked");
	return 0;
}
