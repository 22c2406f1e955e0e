/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: while a process is stopped none of its threads does anything, wherever it was: a file that they write to stays as it is. */
#include <fcntl.h>
#include <sys/mman.h>

#include "signals.h"

/* A word for how often the process was stopped; each worker has one that it counts in, too. */
#define STOPS 511

static atomic_int finished;
static volatile long *words;

/* Makes a call answer EINTR, as many runtimes do: threads are traced for that. */
static void on_alarm(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

static void *nothing(void *arg)
{
	return arg;
}

static void body(void)
{
	long seen = 0;

	while (!atomic_load(&finished)) {
		words[me * 8]++;
		if (words[STOPS] != seen) {
			pthread_t id;

			/* A thread that was stopped can make others. */
			CHECK(pthread_create(&id, NULL, nothing, NULL) == 0 && pthread_join(id, NULL) == 0);
			seen = words[STOPS];
		}
	}
}

static int same(void)
{
	long before[MAX_THREADS];
	int all = 1;

	for (long i = 0; i < threads; i++)
		before[i] = words[i * 8];
	usleep(30000);
	for (long i = 0; i < threads; i++)
		all &= before[i] == words[i * 8];
	return all;
}

int main(int argc, char **argv)
{
	pid_t child;
	int fd;

	arguments(argc, argv, 6);
	fd = open("counters", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && unlink("counters") == 0 && ftruncate(fd, 4096) == 0);
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(words != MAP_FAILED);
	handle(SIGALRM, on_alarm, 0);
	mask(SIG_BLOCK, SIGALRM);
	start_workers(body);
	child = fork();
	if (child == 0) {
		for (long i = 0; i < iterations; i++) {
			double start = seconds();

			usleep(5000);
			CHECK(kill(getppid(), SIGSTOP) == 0);
			/* A signal to a process needs a moment for all its threads. */
			while (!same())
				CHECK(seconds() - start < 10);
			/* Here nobody runs, for whatever time. */
			CHECK(same());
			words[STOPS]++;
			CHECK(kill(getppid(), SIGCONT) == 0);
			while (same())
				CHECK(seconds() - start < 20);
		}
		_exit(0);
	}
	CHECK(wait_for(child) == 0);
	atomic_store(&finished, 1);
	end_workers();
	printf("stopped %ld\n", iterations);
	return 0;
}
