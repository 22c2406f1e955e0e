/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that watches a directory gets every change another makes there, with name, kind and cookie, in order. */
#include <sys/inotify.h>

#include "io.h"

static int watch[MAX_THREADS], directory[MAX_THREADS], acks[MAX_THREADS][2];

/* The next event must be this one; the cookie of a move goes to `cookie`. */
static void expect(int fd, int from, uint32_t mask, const char *name, uint32_t *cookie)
{
	static __thread char buffer[4096] __attribute__((aligned(8)));
	static __thread ssize_t filled, at;
	struct inotify_event *event;

	if (at == filled) {
		filled = read(fd, buffer, sizeof(buffer));
		at = 0;
		CHECK(filled >= (ssize_t)sizeof(*event));
	}
	event = (struct inotify_event *)(buffer + at);
	at += (ssize_t)(sizeof(*event) + event->len);
	CHECK(event->wd == from && event->mask == mask && strcmp(event->len ? event->name : "", name) == 0);
	*cookie = event->cookie;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, pair = me / 2;
	char name[32], other[32], byte;
	uint32_t cookie, same;
	int fd;

	snprintf(name, sizeof(name), "watched-%d/a", (int)pair);
	snprintf(other, sizeof(other), "watched-%d/b", (int)pair);
	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0) {
			fd = new_file(name);
			CHECK(write(fd, "1", 1) == 1 && close(fd) == 0 && rename(name, other) == 0);
			CHECK(chmod(other, 0640) == 0 && unlink(other) == 0);
			CHECK(mkdir(name, 0700) == 0 && rmdir(name) == 0);
			/* Equal events that follow each other are made one, so the two wait for each other. */
			CHECK(read(acks[pair][0], &byte, 1) == 1);
			continue;
		}
		fd = watch[pair];
		expect(fd, directory[pair], IN_CREATE, "a", &cookie);
		expect(fd, directory[pair], IN_MODIFY, "a", &cookie);
		expect(fd, directory[pair], IN_CLOSE_WRITE, "a", &cookie);
		expect(fd, directory[pair], IN_MOVED_FROM, "a", &cookie);
		expect(fd, directory[pair], IN_MOVED_TO, "b", &same);
		CHECK(cookie != 0 && cookie == same);
		expect(fd, directory[pair], IN_ATTRIB, "b", &cookie);
		expect(fd, directory[pair], IN_DELETE, "b", &cookie);
		expect(fd, directory[pair], IN_CREATE | IN_ISDIR, "a", &cookie);
		expect(fd, directory[pair], IN_DELETE | IN_ISDIR, "a", &cookie);
		CHECK(cookie == 0 && write(acks[pair][1], "k", 1) == 1);
	}
	if (me % 2) {
		CHECK(inotify_rm_watch(watch[pair], directory[pair]) == 0);
		expect(watch[pair], directory[pair], IN_IGNORED, "", &cookie);
		CHECK(fcntl(watch[pair], F_SETFL, O_NONBLOCK) == 0 && ERROR_OF(read(watch[pair], name, 16)) == EAGAIN);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint32_t wanted = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE | IN_ATTRIB | IN_DELETE;

	arguments(argc, argv, 6);
	for (int k = 0; k < pairs(); k++) {
		char name[32];

		snprintf(name, sizeof(name), "watched-%d", k);
		watch[k] = inotify_init1(IN_CLOEXEC);
		CHECK(watch[k] >= 0 && mkdir(name, 0700) == 0 && pipe2(acks[k], O_CLOEXEC) == 0);
		directory[k] = inotify_add_watch(watch[k], name, wanted);
		CHECK(directory[k] >= 0);
	}
	run_workers(2 * pairs(), worker);
	for (int k = 0; k < pairs(); k++) {
		char name[32];

		snprintf(name, sizeof(name), "watched-%d", k);
		CHECK(rmdir(name) == 0);
	}
	printf("events %ld\n", pairs() * iterations * 9);
	return 0;
}
