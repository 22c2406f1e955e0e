/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what prctl tells a worker of its process and of itself is what it and main have set: dumpable, slack, securebits and more. */
/* Limit: with the stock back-end a filter of system calls is hitotsu's own */
#include "identity.h"

static const int asked[] = { PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_SECCOMP, PR_GET_SECUREBITS, PR_GET_TIMERSLACK,
			     PR_GET_NO_NEW_PRIVS, PR_GET_THP_DISABLE, PR_MCE_KILL_GET };
#define ASKED ((int)(sizeof(asked) / sizeof(asked[0])))
static int expected[ASKED];

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg, number;

	settle();
	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < ASKED; k++)
			CHECK(prctl(asked[k], 0, 0, 0, 0) == (i && asked[k] == PR_GET_TIMERSLACK ? 60000 + me : expected[k]));
		CHECK(prctl(PR_GET_TSC, &number) == 0 && number == PR_TSC_ENABLE);
		CHECK(prctl(PR_GET_PDEATHSIG, &number) == 0 && number == 0);
		for (int k = 0; k < 8; k++)
			CHECK(prctl(PR_CAPBSET_READ, k, 0, 0, 0) >= 0);
		CHECK(prctl(PR_CAPBSET_READ, 9999, 0, 0, 0) == -1 && errno == EINVAL);
		CHECK(prctl(99999, 0, 0, 0, 0) == -1 && errno == EINVAL);
		/* Slack is the thread's own. */
		CHECK(prctl(PR_SET_TIMERSLACK, 60000 + me, 0, 0, 0) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	for (int k = 0; k < ASKED; k++)
		expected[k] = prctl(asked[k], 0, 0, 0, 0);
	run_threads(threads, worker);
	for (int k = 0; k < ASKED; k++)
		printf("%d: %d\n", asked[k], expected[k]);
	return 0;
}
