/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: poll on 40 descriptors tells exactly the ready ones: data, room, hang-up, errors, and numbers that are not open. */
#include "io.h"

#define PIPES 20

static int ends[PIPES][2], broken[2], ended[2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		struct pollfd set[2 * PIPES + 4];
		int wanted = 0;
		char byte;

		for (int k = (int)me; k < PIPES; k += threads)
			if ((k * 7 + i) % 3 == 0)
				CHECK(write(ends[k][1], "p", 1) == 1);
		meet();
		for (int k = 0; k < PIPES; k++) {
			set[k] = (struct pollfd){ ends[k][0], POLLIN, -1 };
			set[PIPES + k] = (struct pollfd){ ends[k][1], POLLOUT, -1 };
			wanted += (k * 7 + i) % 3 == 0;
		}
		set[2 * PIPES] = (struct pollfd){ 900, POLLIN, -1 };
		set[2 * PIPES + 1] = (struct pollfd){ -1, POLLIN, -1 };
		set[2 * PIPES + 2] = (struct pollfd){ broken[1], POLLOUT, -1 };
		set[2 * PIPES + 3] = (struct pollfd){ ended[0], POLLIN, -1 };
		CHECK(poll(set, 2 * PIPES + 4, 1000) == wanted + PIPES + 3);
		for (int k = 0; k < PIPES; k++)
			CHECK(set[k].revents == ((k * 7 + i) % 3 ? 0 : POLLIN) && set[PIPES + k].revents == POLLOUT);
		CHECK(set[2 * PIPES].revents == POLLNVAL && set[2 * PIPES + 1].revents == 0);
		CHECK(set[2 * PIPES + 2].revents == (POLLOUT | POLLERR) && set[2 * PIPES + 3].revents == POLLHUP);
		meet();
		for (int k = (int)me; k < PIPES; k += threads)
			if ((k * 7 + i) % 3 == 0)
				CHECK(read(ends[k][0], &byte, 1) == 1);
		meet();
		CHECK(poll(set, PIPES, 1) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	for (int k = 0; k < PIPES; k++)
		CHECK(pipe2(ends[k], O_CLOEXEC) == 0);
	CHECK(pipe2(broken, O_CLOEXEC) == 0 && close(broken[0]) == 0);
	CHECK(pipe2(ended, O_CLOEXEC) == 0 && close(ended[1]) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
