/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the environment is the user's, nothing added, and what a worker sets in it the other threads read. */
#include "identity.h"

extern char **environ;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static long sets;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a test tells its programs is another in each run. */
static int of_the_test(const char *text)
{
	return strncmp(text, "SETTLE_MS=", 10) == 0 || strncmp(text, "HITOTSU_CI_", 11) == 0;
}

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		char text[32];
		const char *got;

		CHECK(pthread_mutex_lock(&turn) == 0);
		got = getenv("SET_BY_TURNS");
		CHECK(got ? atol(got) == sets : sets == 0);
		snprintf(text, sizeof(text), "%ld by %d", ++sets, me);
		CHECK(setenv("SET_BY_TURNS", text, 1) == 0);
		CHECK(pthread_mutex_unlock(&turn) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	char *sorted[512];
	int count = 0;

	run_threads(threads, worker);
	CHECK(unsetenv("SET_BY_TURNS") == 0);
	for (char **entry = environ; *entry && count < 512; entry++)
		if (!of_the_test(*entry))
			sorted[count++] = *entry;
	qsort(sorted, (size_t)count, sizeof(sorted[0]), by_text);
	for (int i = 0; i < count; i++)
		/* Not the text: a log is no place for what somebody's environment holds. */
		printf("%.*s %016lx\n", (int)strcspn(sorted[i], "="), sorted[i],
		       hash_bytes(HASH_START, sorted[i], strlen(sorted[i])));
	printf("sets %ld\n", sets);
	return 0;
}
