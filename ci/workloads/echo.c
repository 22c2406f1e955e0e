/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: arguments, environment, working directory and standard input of the program are the user's, read by any thread. */
#include "check.h"

static char **words;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
	char line[4096];
	uint64_t hash = HASH_START;
	long lines = 0;

	(void)arg;
	settle();
	pthread_mutex_lock(&lock);
	for (int i = 1; words[i]; i++)
		printf("argument %d: %s\n", i, words[i]);
	printf("ECHO_ME=%s\n", getenv("ECHO_ME") ? getenv("ECHO_ME") : "(none)");
	CHECK(getcwd(line, sizeof(line)));
	hash = hash_bytes(hash, line, strlen(line));
	while (fgets(line, sizeof(line), stdin)) {
		hash = hash_bytes(hash, line, strlen(line));
		lines++;
	}
	printf("directory and %ld lines of input: %016llx\n", lines, (unsigned long long)hash);
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argc;
	words = argv;
	run_threads(1, worker);
	fprintf(stderr, "to stderr\n");
	CHECK(fflush(stdout) == 0);
	return 3;
}
