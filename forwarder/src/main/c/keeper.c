// SPDX-License-Identifier: Apache-2.0
/*
 * hitotsu-keeper LISTENER GO: what stays with a program that the stock back-end has let go. Its seccomp filter can't be
 * taken off, and a notified call that nobody answers fails: so each is let happen, until the last process under the filter
 * has ended. Begins when a byte comes through the descriptor GO, and ends without it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_others(unsigned int kept, unsigned int also)
{
	unsigned int low = kept < also ? kept : also, high = kept < also ? also : kept;

	if (low > 0)
		syscall(__NR_close_range, 0, low - 1, 0);
	if (high > low + 1)
		syscall(__NR_close_range, low + 1, high - 1, 0);
	syscall(__NR_close_range, high + 1, ~0U, 0);
}

int main(int argc, char **argv)
{
	struct seccomp_notif_sizes sizes;
	struct seccomp_notif_resp *answer;
	struct seccomp_notif *call;
	int listener, go;
	char byte;

	if (argc != 3)
		return 2;
	listener = atoi(argv[1]);
	go = atoi(argv[2]);
	/* Nobody's child: the daemon may end before. */
	if (fork() != 0)
		return 0;
	setsid();
	prctl(PR_SET_NAME, "hitotsu-keeper");
	if (chdir("/"))
		return 1;
	close_others((unsigned int)listener, (unsigned int)go);
	if (syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return 1;
	call = malloc(sizes.seccomp_notif);
	answer = malloc(sizes.seccomp_notif_resp);
	if (!call || !answer || read(go, &byte, 1) != 1)
		return 1;
	close(go);
	for (;;) {
		struct pollfd watched = { .fd = listener, .events = POLLIN };

		if (poll(&watched, 1, -1) < 0 && errno != EINTR)
			return 1;
		if (watched.revents & POLLIN) {
			memset(call, 0, sizes.seccomp_notif);
			memset(answer, 0, sizes.seccomp_notif_resp);
			/* Fails where the caller was killed or interrupted meanwhile. */
			if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call))
				continue;
			answer->id = call->id;
			answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
			ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, answer);
		} else if (watched.revents) {
			return 0;
		}
	}
}
