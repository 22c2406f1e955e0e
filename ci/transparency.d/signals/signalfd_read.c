/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a signalfd hands out the caller's own and the process's signals with their fields, waits for them, and takes them. */
#include <sys/signalfd.h>

#include "signals.h"

static int fds[MAX_THREADS];

static void body(void)
{
	sigset_t set = set_of(SIGUSR1, SIGRTMIN + 1);
	struct signalfd_siginfo got[4];

	fds[me] = signalfd(-1, &set, SFD_CLOEXEC);
	CHECK(fds[me] >= 0);
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 1, value_of(7)) == 0);
		CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 1, value_of(8)) == 0);
		CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0);
		CHECK(read(fds[me], got, sizeof(got)) == 3 * (ssize_t)sizeof(got[0]));
		CHECK(got[0].ssi_signo == SIGUSR1 && got[0].ssi_code == SI_TKILL);
		CHECK(got[0].ssi_pid == (uint32_t)getpid());
		CHECK(got[1].ssi_signo == (uint32_t)SIGRTMIN + 1);
		CHECK(got[1].ssi_int == 7 && got[1].ssi_code == SI_QUEUE);
		CHECK(got[2].ssi_int == 8 && got[2].ssi_uid == getuid());
		/* And one that is still to come. */
		await_signal(i + 1);
		CHECK(read(fds[me], got, sizeof(got)) == (ssize_t)sizeof(got[0]) && got[0].ssi_signo == SIGUSR1);
		CHECK(!is_pending(SIGUSR1) && !is_pending(SIGRTMIN + 1));
	}
	CHECK(close(fds[me]) == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	mask(SIG_BLOCK, SIGUSR1);
	mask(SIG_BLOCK, SIGRTMIN + 1);
	start_workers(body);
	signal_in_step(iterations);
	end_workers();
	printf("read %ld\n", 4 * threads * iterations);
	return 0;
}
