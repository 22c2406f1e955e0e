/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a pidfd is readable when its child has ended, takes a signal for it, and waitid by it gives how it ended. */
#include <signal.h>
#include <sys/syscall.h>

#include "io.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int signal_by(int fd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		int go[2], fd, killed = i % 2;
		siginfo_t info = { 0 };
		pid_t child;
		char byte;

		CHECK(pipe2(go, O_CLOEXEC) == 0);
		child = fork();
		if (child == 0) {
			/* Until told, or killed. */
			CHECK(read(go[0], &byte, 1) == 1);
			_exit((int)(me + i) % 100);
		}
		CHECK(child > 0);
		fd = (int)syscall(SYS_pidfd_open, child, 0);
		CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && polled(fd, POLLIN, 0) == 0 &&
		      signal_by(fd, 0) == 0);
		CHECK(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
		if (killed)
			CHECK(signal_by(fd, SIGKILL) == 0);
		else
			CHECK(write(go[1], "g", 1) == 1);
		CHECK(polled(fd, POLLIN, -1) & POLLIN);
		CHECK(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED) == 0 && info.si_pid == child);
		CHECK(info.si_code == (killed ? CLD_KILLED : CLD_EXITED));
		CHECK(info.si_status == (killed ? SIGKILL : (int)(me + i) % 100));
		CHECK(ERROR_OF(signal_by(fd, 0)) == ESRCH);
		CHECK(ERROR_OF(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED)) == ECHILD);
		CHECK(close(fd) == 0 && close(go[0]) == 0 && close(go[1]) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
