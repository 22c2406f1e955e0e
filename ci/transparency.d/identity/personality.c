/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: personality is the thread's: a worker that asks for an old kernel's name gets it in uname, the others do not. */
#include "identity.h"
#include <sys/personality.h>
#include <sys/utsname.h>

static int expected;
static struct utsname host;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;
	struct utsname got;

	settle();
	CHECK(personality(0xffffffff) == expected);
	if (me % 2)
		CHECK(personality((unsigned)expected | UNAME26) == expected);
	for (long i = 0; i < iterations; i++) {
		CHECK(personality(0xffffffff) == (me % 2 ? expected | (int)UNAME26 : expected) && uname(&got) == 0);
		if (me % 2)
			CHECK(strncmp(got.release, "2.6.", 4) == 0);
		else
			CHECK(strcmp(got.release, host.release) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	expected = personality(0xffffffff);
	CHECK(uname(&host) == 0);
	run_threads(threads, worker);
	printf("personality %x\n", (unsigned)expected);
	return 0;
}
