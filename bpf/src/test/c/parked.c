/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread whose getppid calls are parked in seccomp as those of a moved thread are, and answered by its sibling. Made
 * countable: a call is answered only once its thread is off the CPU, so each one is exactly one wait.
 *
 *   parked CALLS PAGES
 *
 * Prints "TID TGID FIRST_PAGE STORE_INSTRUCTION", waits for a line, makes the calls, writes once to each fresh page,
 * prints "done" and waits for another line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANSWER 4711

static long calls, pages;
static char *area;
static pid_t tid;
static int listener;
static sem_t ready, go;

extern char touch_store[];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void __attribute__((noinline)) touch(char *page)
{
	__asm__ volatile(".globl touch_store\ntouch_store:\n\tmovb $1, (%0)" : : "r"(page) : "memory");
}

static void *worker(void *unused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };

	(void)unused;
	tid = (pid_t)syscall(__NR_gettid);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs");
	listener = (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0)
		die("seccomp");
	sem_post(&ready);
	sem_wait(&go);
	for (long i = 0; i < calls; i++)
		if (syscall(__NR_getppid) != ANSWER) {
			fprintf(stderr, "call %ld has another result\n", i);
			exit(1);
		}
	for (long i = 0; i < pages; i++)
		touch(area + i * 4096);
	return NULL;
}

/* /proc/TID/syscall tells a number only of a thread which the scheduler has put off the CPU; else "running". */
static void wait_until_parked(int proc)
{
	char text[128];

	do {
		ssize_t n = pread(proc, text, sizeof(text) - 1, 0);

		if (n < 0)
			die("/proc/TID/syscall");
		text[n] = 0;
	} while (strtol(text, NULL, 10) != __NR_getppid);
}

int main(int argc, char **argv)
{
	char path[64], line[16];
	pthread_t thread;
	int proc;

	if (argc != 3)
		return 2;
	calls = atol(argv[1]);
	pages = atol(argv[2]);
	area = mmap(NULL, (size_t)(pages + 1) * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || madvise(area, (size_t)(pages + 1) * 4096, MADV_NOHUGEPAGE))
		die("mmap");
	sem_init(&ready, 0, 0);
	sem_init(&go, 0, 0);
	if (pthread_create(&thread, NULL, worker, NULL))
		die("pthread_create");
	sem_wait(&ready);
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	proc = open(path, O_RDONLY);
	if (proc < 0)
		die(path);
	printf("%d %d %lu %lu\n", tid, getpid(), (unsigned long)area, (unsigned long)touch_store);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	sem_post(&go);
	for (long i = 0; i < calls; i++) {
		struct seccomp_notif request = {};
		struct seccomp_notif_resp reply = { .val = ANSWER };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request))
			die("receive");
		wait_until_parked(proc);
		reply.id = request.id;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply))
			die("send");
	}
	pthread_join(thread, NULL);
	puts("done");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) == NULL;
}
