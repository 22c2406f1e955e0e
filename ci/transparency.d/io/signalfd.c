/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: signals blocked by all threads are read from a signalfd: number, value, sender, in order, and each only once. */
#include <signal.h>
#include <sys/signalfd.h>

#include "io.h"

static int fd;
static atomic_long sum;
static sigset_t set;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct signalfd_siginfo info[4];

	settle();
	/* The first sends, in order; the second reads in order. */
	for (long i = 0; i < iterations; i++) {
		if (me == 0) {
			for (int k = 0; k < 3; k++)
				CHECK(sigqueue(getpid(), SIGRTMIN + 1,
					       (union sigval){ .sival_int = (int)(i * 3 + k) }) == 0);
			CHECK(kill(getpid(), SIGUSR1) == 0);
		}
		if (me == 1)
			for (int got = 0; got < 4;) {
				ssize_t n = read(fd, info, sizeof(info));

				CHECK(n > 0 && n % (ssize_t)sizeof(info[0]) == 0);
				for (int k = 0; k < n / (ssize_t)sizeof(info[0]); k++, got++) {
					CHECK(info[k].ssi_pid == (uint32_t)getpid() && info[k].ssi_uid == getuid());
					if (info[k].ssi_signo == SIGUSR1)
						continue;
					CHECK(info[k].ssi_signo == (uint32_t)SIGRTMIN + 1 &&
					      info[k].ssi_code == SI_QUEUE);
					CHECK(info[k].ssi_int == atomic_load(&sum));
					atomic_fetch_add(&sum, 1);
				}
			}
		meet();
	}
	/* A signal for one thread is that thread's: others don't read it. */
	CHECK(pthread_kill(pthread_self(), SIGUSR2) == 0);
	CHECK(read(fd, info, sizeof(info)) == sizeof(info[0]) && info[0].ssi_signo == SIGUSR2 &&
	      info[0].ssi_code == SI_TKILL);
	meet();
	if (me == 0)
		CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && ERROR_OF(read(fd, info, sizeof(info))) == EAGAIN);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	CHECK(fd >= 0);
	run_workers(threads < 2 ? 2 : threads, worker);
	printf("values %ld\n", atomic_load(&sum));
	return 0;
}
