/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: protection keys forbid a thread, and the kernel for it, what its own register says; memory that is only executed is not read. */
#include "memory.h"

/* mov eax, 7; ret */
static const unsigned char seven[] = { 0xb8, 7, 0, 0, 0, 0xc3 };

static unsigned char *area, *code;
static int key, file;

/* Keys come when all workers are elsewhere. */
static void make_keys(void)
{
	area = new_pages(2);
	CHECK(pkey_mprotect(area, PAGE, PROT_READ | PROT_WRITE, key) == 0);
	/* Its key goes with it. */
	area = mremap(area, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + PAGE);
	CHECK((void *)area != MAP_FAILED);
	code = new_pages(1);
	memcpy(code, seven, sizeof(seven));
	CHECK(mprotect(code, PAGE, PROT_EXEC) == 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	meet();
	if (!me)
		make_keys();
	meet();
	for (long i = 0; i < iterations; i++) {
		int closed = me % 2 == i % 2;

		CHECK(pkey_set(key, closed ? PKEY_DISABLE_WRITE : 0) == 0);
		meet();
		CHECK(pkey_get(key) == (closed ? PKEY_DISABLE_WRITE : 0));
		CHECK(pread(file, area + me, 1, me) == (closed ? -1 : 1) && (!closed || errno == EFAULT));
		CHECK(try_write(area + me, (char)i) == (closed ? SEGV_PKUERR : ALLOWED));
		/* The handler ran with the key's default, and left by a jump. */
		CHECK(pkey_set(key, closed ? PKEY_DISABLE_ACCESS : 0) == 0);
		CHECK(try_read(area + me) == (closed ? SEGV_PKUERR : ALLOWED));
		CHECK(pwrite(file, area + me, 1, PAGE + me) == (closed ? -1 : 1) && (!closed || errno == EFAULT));
		CHECK(pkey_set(key, 0) == 0);
		CHECK(area[me] == (unsigned char)(closed ? i - 1 : i) || i == 0);
		CHECK(((int (*)(void))(uintptr_t)code)() == 7 && try_read(code + me) == SEGV_PKUERR);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	catch_faults();
	key = pkey_alloc(0, 0);
	if (key < 0 && (errno == ENOSPC || errno == ENOSYS || errno == EINVAL)) {
		/* Without them the answer is ENOSPC or EINVAL, by the kernel's version; no key is in use yet, and 0, 0 are valid. */
		fprintf(stderr, "no protection keys: %s\n", strerror(errno));
		return 77;
	}
	CHECK(key >= 0);
	file = memfd_create("bytes", 0);
	CHECK(file >= 0 && ftruncate(file, 2 * PAGE) == 0);
	run_workers(threads, worker);
	CHECK(pkey_free(key) == 0 && pkey_free(key) == -1 && errno == EINVAL);
	printf("rounds %ld\n", iterations);
	return 0;
}
