/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what one worker fills and another reads is whole in a child, and after its protection and its place have changed. */
#include "memory.h"

/* The first and the last word of each page tell whose it is. */
static unsigned char *area;
static size_t pages;

static void fill(uint64_t seed)
{
	for (size_t i = 0; i < pages; i++) {
		volatile uint64_t *words = (volatile uint64_t *)(area + i * PAGE);

		words[0] = paint_word(seed, i);
		words[PAGE / 8 - 1] = paint_word(seed, ~i);
	}
}

static int whole(uint64_t seed)
{
	for (size_t i = 0; i < pages; i++) {
		const volatile uint64_t *words = (const volatile uint64_t *)(area + i * PAGE);

		if (words[0] != paint_word(seed, i) || words[PAGE / 8 - 1] != paint_word(seed, ~i))
			return 0;
	}
	return 1;
}

static void fork_it(uint64_t seed)
{
	pid_t child = fork();

	if (child == 0)
		_exit(whole(seed) ? 30 : 31);
	CHECK(status_of(child) == 30);
}

static void protect_it(uint64_t seed)
{
	CHECK(mprotect(area, pages * PAGE, PROT_READ) == 0 && whole(seed));
	CHECK(mprotect(area, pages * PAGE, PROT_READ | PROT_WRITE) == 0);
}

static void move_it(uint64_t seed)
{
	unsigned char *place = new_pages(pages);

	CHECK(mremap(area, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
	area = place;
	CHECK(whole(seed));
}

static void *worker(void *arg)
{
	static void (*const ways[])(uint64_t) = { fork_it, protect_it, move_it };
	intptr_t me = (intptr_t)arg;

	settle();
	for (uint64_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (me == (intptr_t)i % threads)
			fill(i);
		meet();
		if (me == (intptr_t)(i + 1) % threads)
			CHECK(whole(i));
		meet();
		if (me == (intptr_t)(i + 2) % threads)
			ways[i](i);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	/* MiB: some pieces. Several hundred show that a node needs no memory for all of it at once. */
	arguments(argc, argv, 16);
	pages = (size_t)iterations << 8;
	area = new_pages(pages);
	run_workers(threads, worker);
	printf("pages %zu\n", pages);
	return 0;
}
