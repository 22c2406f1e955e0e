/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program executed by a worker has the process's id, one thread, its arguments, and the descriptors, mask and ignored signals meant for it. */
#include "processes.h"
#include <dirent.h>

static char **words;
static atomic_int waiting;

static void *bystander(void *arg)
{
	settle();
	atomic_fetch_add(&waiting, 1);
	for (;;)
		pause();
	return arg;
}

static void *settled(void *arg)
{
	settle();
	return arg;
}

static int tasks(void)
{
	DIR *directory = opendir("/proc/self/task");
	int count = 0;

	CHECK(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void on_signal(int number)
{
	(void)number;
}

static void *worker(void *arg)
{
	sigset_t set;
	char text[4][16];
	char *next[] = { words[0], text[0], text[1], text[2], text[3], NULL };
	int kept = open("kept", O_CREAT | O_RDWR, 0600), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)arg;
	settle();
	while (atomic_load(&waiting) < threads)
		usleep(1000);
	CHECK(kept >= 0 && closed == kept + 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGHUP, on_signal);
	dprintf(kept, "kept %ld", iterations);
	snprintf(text[0], sizeof(text[0]), "%d", threads);
	snprintf(text[1], sizeof(text[1]), "%d", (int)(iterations - 1));
	snprintf(text[2], sizeof(text[2]), "%d", kept);
	snprintf(text[3], sizeof(text[3]), "%d", getpid());
	execv("/proc/self/exe", next);
	CHECK(!"execv returns");
	return NULL;
}

/* In the program executed: it must have what its predecessor left it, and nothing more. */
static void verify(char **argv)
{
	struct sigaction action;
	sigset_t set;
	char text[16] = "";
	int kept = atoi(argv[3]);

	CHECK(getpid() == atoi(argv[4]) && gettid() == getpid() && tasks() == 1);
	CHECK(pread(kept, text, sizeof(text) - 1, 0) > 0 && close(kept) == 0);
	printf("%s\n", text);
	CHECK(fcntl(kept + 1, F_GETFD) == -1 && errno == EBADF);
	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &set) == 0);
	CHECK(sigismember(&set, SIGUSR2) && !sigismember(&set, SIGUSR1));
	CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
	CHECK(sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
	CHECK(unlink("kept") == 0);
}

int main(int argc, char **argv)
{
	pthread_t id;

	words = argv;
	if (argc == 5) {
		verify(argv);
		argc = 3;
		if (atol(argv[2]) == 0) {
			/* The last one has workers as the first had. */
			arguments(2, argv, 1);
			run_threads(threads, settled);
			return 0;
		}
	}
	arguments(argc, argv, 3);
	fflush(stdout);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_create(&id, NULL, bystander, NULL) == 0);
	CHECK(pthread_create(&id, NULL, worker, NULL) == 0);
	for (;;)
		pause();
}
