/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: with SA_NODEFER a handler is interrupted by its own signal, as deep as it is raised, and each level returns. */
#include "signals.h"

#define DEPTH 12

static __thread volatile long depth, deepest, levels;

static void on_signal(int number, siginfo_t *info, void *context)
{
	char volatile here[64];

	(void)info;
	(void)context;
	memset((char *)here, (int)depth, sizeof(here));
	depth++;
	levels++;
	if (depth > deepest)
		deepest = depth;
	CHECK(!is_blocked(number));
	if (depth < DEPTH)
		CHECK(raise(number) == 0);
	depth--;
	for (size_t i = 0; i < sizeof(here); i++)
		CHECK(here[i] == (char)depth);
}

static void body(void)
{
	for (long i = 1; i <= iterations; i++)
		CHECK(raise(SIGUSR1) == 0 && depth == 0 && deepest == DEPTH && levels == i * DEPTH);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	handle(SIGUSR1, on_signal, SA_NODEFER);
	start_workers(body);
	end_workers();
	printf("levels %ld\n", DEPTH * threads * iterations);
	return 0;
}
