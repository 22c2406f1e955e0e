/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: host name, domain name, kernel and machine are the origin's for every worker. */
#include "identity.h"
#include <sys/utsname.h>

static struct utsname expected;
static char kernel[256];

static void *worker(void *arg)
{
	char name[256];
	struct utsname got;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(uname(&got) == 0 && memcmp(&got, &expected, sizeof(got)) == 0);
		CHECK(gethostname(name, sizeof(name)) == 0 && strcmp(name, expected.nodename) == 0);
		CHECK(getdomainname(name, sizeof(name)) == 0 && strcmp(name, expected.domainname) == 0);
		read_file("/proc/sys/kernel/osrelease", name, sizeof(name));
		CHECK(strcmp(name, kernel) == 0 && strncmp(name, expected.release, strlen(expected.release)) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	CHECK(uname(&expected) == 0);
	read_file("/proc/sys/kernel/osrelease", kernel, sizeof(kernel));
	run_threads(threads, worker);
	printf("%s %s %s\n", expected.nodename, expected.release, expected.machine);
	return 0;
}
