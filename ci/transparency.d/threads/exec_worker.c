/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: execve by a worker makes it the process's only thread, with the process's id as its own, descriptors and name as due. */
#include <dirent.h>
#include <sys/prctl.h>

#include "threads.h"

static char pid_text[16], fd_text[16], closed_text[16];

static void *worker(void *arg)
{
	char *after[] = { "exec_worker", "after", pid_text, fd_text, closed_text, NULL };
	intptr_t me = (intptr_t)arg;
	uint64_t state = 3;

	settle();
	meet();
	if (me == threads - 1) {
		CHECK(prctl(PR_SET_NAME, "worker") == 0);
		execv("/proc/self/exe", after);
		CHECK(!"execv returns");
	}
	for (;;)
		if (me % 2)
			pause();
		else
			xorshift(&state);
	return NULL;
}

/* The program executed has workers too, so that its last threads are moved as its first were. */
static void *settled(void *arg)
{
	settle();
	return arg;
}

static void after(char **argv)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;
	char name[16], byte;

	CHECK(getpid() == atoi(argv[2]) && gettid() == getpid() && tasks);
	while ((entry = readdir(tasks)))
		count += entry->d_name[0] != '.';
	closedir(tasks);
	CHECK(count == 1 && read(atoi(argv[3]), &byte, 1) == 1 && byte == 'p');
	CHECK(fcntl(atoi(argv[4]), F_GETFD) == -1 && errno == EBADF);
	/* The name is the new program's: "exe" by way of /proc/self/exe, or the file's. */
	CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "worker") != 0);
	run_threads(threads, settled);
	printf("one thread\n");
}

int main(int argc, char **argv)
{
	int ends[2];

	if (argc == 5 && strcmp(argv[1], "after") == 0) {
		after(argv);
		return 0;
	}
	arguments(argc, argv, 1);
	CHECK(pipe(ends) == 0 && write(ends[1], "p", 1) == 1 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0);
	snprintf(pid_text, sizeof(pid_text), "%d", getpid());
	snprintf(fd_text, sizeof(fd_text), "%d", ends[0]);
	snprintf(closed_text, sizeof(closed_text), "%d", ends[1]);
	run_workers(worker);
	return 1;
}
