/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hitotsu-launch SOCKET SHARE FILTER PATH ARGV0 [ARG…]
 *
 * The last step of `hitotsu run`, in the very process that becomes the program: installs the seccomp filter, if the
 * node's back-end needs one, hands its listener to the daemon, waits for the daemon's word and executes PATH. So the program keeps the pid, parent,
 * terminal and descriptors that the user's shell gave to `hitotsu run`.
 *
 * FILTER is the filter as hexadecimal text, eight bytes an instruction; empty for none. Exit status 125: hitotsu failed, 126 and 127
 * as a shell's (the program can't be executed, was not found).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

extern char **environ;

static _Noreturn void die(const char *thing, const char *cause)
{
	dprintf(2, "hitotsu: %s: %s\n", thing, cause);
	_exit(125);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int install(struct sock_fprog *prog)
{
	int listener = (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
				    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, prog);

	if (listener < 0 && errno == EINVAL)
		die("seccomp", "the kernel lacks SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV; Linux 5.19 or later is needed");
	if (listener < 0)
		die("seccomp", errno == EBUSY ? "this process already has a seccomp listener; run hitotsu outside of it"
					      : strerror(errno));
	return listener;
}

int main(int argc, char **argv)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog prog = { .filter = filter };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	unsigned char *bytes = (unsigned char *)filter;
	char line[4096];
	size_t have = 0;
	sigset_t quit;
	int sock, listener, n;

	if (argc < 6)
		die("hitotsu-launch", "started by hand; use `hitotsu run`");
	for (size_t i = 0; argv[3][i]; i += 2) {
		int high = hex(argv[3][i]), low = hex(argv[3][i + 1]);

		if (high < 0 || low < 0 || i / 2 >= sizeof(filter))
			die("hitotsu-launch", "the filter is malformed");
		bytes[i / 2] = (unsigned char)(high << 4 | low);
		prog.len = (unsigned short)((i / 2 + 1) / sizeof(filter[0]));
	}
	if (strlen(argv[1]) >= sizeof(addr.sun_path))
		die(argv[1], "the socket's path is too long");
	strcpy(addr.sun_path, argv[1]);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)))
		die(argv[1], strerror(errno));

	/* The Java virtual machine, which this process was before, blocks SIGQUIT in its threads. */
	sigemptyset(&quit);
	sigaddset(&quit, SIGQUIT);
	sigprocmask(SIG_UNBLOCK, &quit, NULL);

	/* A merged page loses the protection by which a write to it is seen; the filter has the program not ask for that either. It
	   is inherited (systemd's MemoryKSM=), and kernels before 6.4 do not know it. */
	prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);

	/* From here on the filter traps memory calls, and nobody answers them before the daemon has the listener:
	   nothing below may allocate. */
	listener = prog.len ? install(&prog) : -1;
	n = snprintf(line, sizeof(line), "{\"command\":\"launch\",\"id\":1,\"share\":%s,\"listener\":%d}\n", argv[2], listener);
	if (write(sock, line, (size_t)n) != n)
		die(argv[1], "the daemon hung up");
	for (;;) {
		ssize_t got = read(sock, line + have, sizeof(line) - 1 - have);

		if (got <= 0)
			die(argv[1], "the daemon hung up");
		have += (size_t)got;
		line[have] = 0;
		if (strchr(line, '\n') || have == sizeof(line) - 1)
			break;
	}
	if (!strstr(line, "\"ok\":true")) {
		char *error = strstr(line, "\"message\":\"");

		if (error) {
			error += strlen("\"message\":\"");
			error[strcspn(error, "\"")] = 0;
		}
		dprintf(2, "hitotsu: %s\n", error ? error : "run: the daemon refused; see its log");
		_exit(125);
	}
	execve(argv[4], argv + 5, environ);
	dprintf(2, "hitotsu: %s: %s\n", argv[5], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}
