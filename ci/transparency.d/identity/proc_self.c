/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: /proc/self is the process for every worker: its links, its status, its directory of descriptors. */
#include "identity.h"
#include <sys/stat.h>

static char executable[4096], directory[4096];
static pid_t process;

static void *worker(void *arg)
{
	char text[16384], name[32], link[4096];

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		int fd;

		read_link("/proc/self", text, sizeof(text));
		CHECK(atoi(text) == process);
		read_link("/proc/self/exe", link, sizeof(link));
		CHECK(strcmp(link, executable) == 0);
		read_link("/proc/self/cwd", link, sizeof(link));
		CHECK(strcmp(link, directory) == 0);
		read_link("/proc/self/root", link, sizeof(link));
		CHECK(strcmp(link, "/") == 0);
		read_file("/proc/self/status", text, sizeof(text));
		CHECK(field(text, "Pid") == process && field(text, "Tgid") == process);
		CHECK(field(text, "PPid") == getppid() && field(text, "Uid") == (long)getuid());
		read_file("/proc/self/stat", text, sizeof(text));
		CHECK(atoi(text) == process && atoi(strrchr(text, ')') + 4) == getppid());
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		read_link(name, link, sizeof(link));
		CHECK(strcmp(link, "/dev/null") == 0 && close(fd) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	process = getpid();
	read_link("/proc/self/exe", executable, sizeof(executable));
	read_link("/proc/self/cwd", directory, sizeof(directory));
	run_threads(threads, worker);
	printf("%s\n", strrchr(executable, '/') + 1);
	return 0;
}
