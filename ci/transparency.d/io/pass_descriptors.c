/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: descriptors sent by SCM_RIGHTS arrive as new ones of the same open files, several at once, between threads and from a child. */
#include "io.h"

#define FILES 3

static int ends[MAX_THREADS][2];

static void send_files(int fd, const int *files)
{
	union {
		char bytes[CMSG_SPACE(FILES * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { "f", 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(FILES * sizeof(int));
	memcpy(CMSG_DATA(header), files, FILES * sizeof(int));
	CHECK(sendmsg(fd, &message, 0) == 1);
}

static void receive_files(int fd, int *files)
{
	union {
		char bytes[CMSG_SPACE(FILES * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;

	CHECK(recvmsg(fd, &message, MSG_CMSG_CLOEXEC) == 1 && byte == 'f' && !(message.msg_flags & MSG_CTRUNC));
	header = CMSG_FIRSTHDR(&message);
	CHECK(header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS);
	CHECK(header->cmsg_len == CMSG_LEN(FILES * sizeof(int)) && !CMSG_NXTHDR(&message, header));
	memcpy(files, CMSG_DATA(header), FILES * sizeof(int));
}

/* Sends a file that holds "v", at its byte 3, and a pipe that holds "w". */
static void sender(int fd, long i)
{
	int files[FILES], file = memfd_create("passed", MFD_CLOEXEC);

	CHECK(file >= 0 && pwrite(file, &i, sizeof(i), 3) == sizeof(i) && lseek(file, 3, SEEK_SET) == 3);
	CHECK(pipe2(files + 1, 0) == 0 && write(files[2], "w", 1) == 1);
	files[0] = file;
	send_files(fd, files);
	for (int k = 0; k < FILES; k++)
		CHECK(close(files[k]) == 0);
}

static void receiver(int fd, long i)
{
	int files[FILES];
	char byte;
	long value;

	receive_files(fd, files);
	CHECK(read(files[0], &value, sizeof(value)) == sizeof(value) && value == i);
	CHECK(lseek(files[0], 0, SEEK_CUR) == 3 + sizeof(value));
	CHECK(read(files[1], &byte, 1) == 1 && byte == 'w' && close(files[2]) == 0 && read(files[1], &byte, 1) == 0);
	for (int k = 0; k < 2; k++)
		CHECK(fcntl(files[k], F_GETFD) == FD_CLOEXEC && close(files[k]) == 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2)
			receiver(ends[me / 2][1], i);
		else if (i % 4) {
			sender(ends[me / 2][0], i);
		} else {
			pid_t child = fork();

			if (child == 0) {
				sender(ends[me / 2][0], i);
				_exit(3);
			}
			CHECK(status_of(child) == 3);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	for (int i = 0; i < pairs(); i++)
		CHECK(socketpair(AF_UNIX, (i % 2 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0, ends[i]) == 0);
	run_workers(2 * pairs(), worker);
	printf("passed %ld\n", pairs() * iterations * FILES);
	return 0;
}
