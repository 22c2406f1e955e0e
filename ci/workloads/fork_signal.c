/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a fork which signals interrupt again and again is restarted and made once, while threads compute elsewhere. */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "check.h"

static atomic_int stop, ready, ticks;

static void on_alarm(int signal)
{
	(void)signal;
	atomic_fetch_add(&ticks, 1);
}

static void *worker(void *arg)
{
	volatile long own[512] = { 0 };

	settle();
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop))
		for (int i = 0; i < 100000; i++)
			own[i % 512]++;
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval period = { { 0, 3000 }, { 0, 3000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	pthread_t ids[MAX_THREADS];
	sigset_t alarm;
	int good = 0;

	arguments(argc, argv, 20);
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	/* The workers inherit the mask, so the alarms are for the thread that forks. */
	CHECK(pthread_sigmask(SIG_BLOCK, &alarm, NULL) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
	CHECK(pthread_sigmask(SIG_UNBLOCK, &alarm, NULL) == 0);
	while (atomic_load(&ready) < threads)
		usleep(1000);
	CHECK(setitimer(ITIMER_REAL, &period, NULL) == 0);
	for (long n = 0; n < iterations; n++) {
		int status;
		pid_t child = fork();

		if (child == 0)
			_exit(7);
		CHECK(child > 0);
		CHECK(waitpid(child, &status, 0) == child);
		good += WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	while (atomic_load(&ticks) == 0)
		usleep(1000);
	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
	CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
	atomic_store(&stop, 1);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	CHECK(good == iterations);
	printf("children %d\n", good);
	return 0;
}
