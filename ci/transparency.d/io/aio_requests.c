/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: requests of io_submit are completed once each, with their tags and bytes, whichever thread waits; or io_setup is refused. */
#include <linux/aio_abi.h>
#include <sys/syscall.h>

#include "io.h"

#define BATCH 4

static aio_context_t context;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	static unsigned char written[MAX_THREADS][BATCH][800], got[MAX_THREADS][BATCH][800];
	struct iocb requests[BATCH], *list[BATCH];

	settle();
	for (long i = 0; i < iterations; i++)
		for (int reading = 0; reading < 2; reading++) {
			struct io_event events[BATCH];
			int seen[MAX_THREADS * BATCH] = { 0 };

			memset(requests, 0, sizeof(requests));
			for (int k = 0; k < BATCH; k++) {
				pattern(written[me][k], 800, (uint64_t)(i + me * 7 + k));
				requests[k].aio_lio_opcode = reading ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE;
				requests[k].aio_fildes = (uint32_t)fd;
				requests[k].aio_buf = (uintptr_t)(reading ? got[me][k] : written[me][k]);
				requests[k].aio_nbytes = 800;
				requests[k].aio_offset = (me * BATCH + k) * 800;
				requests[k].aio_data = (uint64_t)(me * BATCH + k);
				list[k] = &requests[k];
			}
			CHECK(syscall(SYS_io_submit, context, BATCH, list) == BATCH);
			meet();
			/* One collects those of all. */
			for (long done = 0; me == i % threads && done < threads * BATCH;) {
				long n = syscall(SYS_io_getevents, context, 1, BATCH, events, NULL);

				CHECK(n >= 1 && n <= BATCH);
				for (long k = 0; k < n; k++, done++)
					CHECK(events[k].res == 800 && events[k].data < (uint64_t)(threads * BATCH) &&
					      !seen[events[k].data]++);
			}
			meet();
			for (int k = 0; k < BATCH && reading; k++)
				CHECK(matches(got[me][k], 800, (uint64_t)(i + me * 7 + k)));
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	fd = new_file("requests");
	if (syscall(SYS_io_setup, MAX_THREADS * BATCH, &context) != 0) {
		CHECK(errno == ENOSYS || errno == EAGAIN);
		printf("refused %d\n", errno);
		return 0;
	}
	run_workers(threads, worker);
	CHECK(syscall(SYS_io_destroy, context) == 0 && ERROR_OF(syscall(SYS_io_destroy, context)) == EINVAL);
	printf("hash %016llx\n", (unsigned long long)hash_file(fd));
	return 0;
}
