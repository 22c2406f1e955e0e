/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs on signals share: workers that main sends signals to, one by one and at varied moments, and that
 * stay until main is through with them; handlers that count; short forms for actions and masks.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "check.h"

/* Index of this worker; -1 in main. */
static __thread int me = -1;
/* How many signals each worker has handled (`count_signal`), and how many it was ready for (`await_signal`). */
static atomic_long caught[MAX_THREADS], awaited[MAX_THREADS];
static pthread_t ids[MAX_THREADS];
static atomic_int started, go, done, leave;
static void (*job)(void);

/* A handler that only counts, for the worker it runs in. */
static inline void count_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	if (me >= 0)
		atomic_fetch_add(&caught[me], 1);
}

/* Handles `number` by `handler` with these flags (SA_SIGINFO is added) and nothing but itself blocked meanwhile. */
static inline void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	CHECK(sigaction(number, &action, NULL) == 0);
}

/* The set of these signals; those that are 0 count for none. */
static inline sigset_t set_of(int first, int second)
{
	sigset_t set;

	sigemptyset(&set);
	if (first)
		sigaddset(&set, first);
	if (second)
		sigaddset(&set, second);
	return set;
}

/* Changes the caller's mask by one signal; `how` as for pthread_sigmask. */
static inline void mask(int how, int number)
{
	sigset_t set = set_of(number, 0);

	CHECK(pthread_sigmask(how, &set, NULL) == 0);
}

static inline int is_blocked(int number)
{
	sigset_t set;

	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &set) == 0);
	return sigismember(&set, number);
}

static inline int is_pending(int number)
{
	sigset_t set;

	CHECK(sigpending(&set) == 0);
	return sigismember(&set, number);
}

static inline union sigval value_of(int number)
{
	return (union sigval){ .sival_int = number };
}

/* Lengthens from 0.1 ms to 6 ms and starts again, so that signals come at all moments and none floods its thread. */
static inline void varied_pause(long n)
{
	usleep(100u << (n % 7));
}

static inline void *worker_thread(void *arg)
{
	me = (int)(intptr_t)arg;
	settle();
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&go))
		usleep(200);
	job();
	atomic_fetch_add(&done, 1);
	while (!atomic_load(&leave))
		usleep(200);
	return NULL;
}

/* Starts `threads` workers that run `body` once all have settled, then stay for `end_workers`. */
static inline void start_workers(void (*body)(void))
{
	job = body;
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker_thread, (void *)i) == 0);
	while (atomic_load(&started) < threads)
		usleep(100);
	atomic_store(&go, 1);
}

/* Waits until every worker has returned from its body, and joins them; others may be started then. */
static inline void end_workers(void)
{
	while (atomic_load(&done) < threads)
		usleep(200);
	atomic_store(&leave, 1);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	atomic_store(&started, 0);
	atomic_store(&go, 0);
	atomic_store(&done, 0);
	atomic_store(&leave, 0);
}

/* Sends SIGUSR1 to worker after worker, the next when the last was counted, until `rounds` each or all are done. */
static inline void pester(long rounds)
{
	for (long n = 1; n <= rounds && atomic_load(&done) < threads; n++) {
		for (int i = 0; i < threads; i++)
			CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
		for (int i = 0; i < threads; i++)
			while (atomic_load(&caught[i]) < n)
				usleep(50);
		varied_pause(n);
	}
}

/* In a worker: says that it is ready for its signal `n` (1, 2, …), which `signal_in_step` then sends. */
static inline void await_signal(long n)
{
	atomic_store(&awaited[me], n);
}

/* Sends `rounds` signals SIGUSR1 to each worker, each when `await_signal` has asked for it. */
static inline void signal_in_step(long rounds)
{
	for (long n = 1; n <= rounds; n++) {
		for (int i = 0; i < threads; i++) {
			while (atomic_load(&awaited[i]) < n)
				usleep(50);
			CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
		}
		if (n % 4 == 0)
			usleep(300);
	}
}

static inline void forget_counts(void)
{
	for (int i = 0; i < MAX_THREADS; i++)
		atomic_store(&caught[i], 0);
}

/* Workers run `body`, whose blocked calls signals interrupt until it returns. `flags` are those of the handler. */
static inline void interrupt_workers(int flags, void (*body)(void))
{
	handle(SIGUSR1, count_signal, flags);
	forget_counts();
	start_workers(body);
	pester(LONG_MAX);
	end_workers();
}

/* Workers run `body`, a call that `iterations` signals with SA_RESTART must not end; `release` then lets each go. */
static inline void restart_workers(void (*body)(void), void (*release)(int))
{
	handle(SIGUSR1, count_signal, SA_RESTART);
	forget_counts();
	start_workers(body);
	pester(iterations);
	for (int i = 0; i < threads; i++)
		release(i);
	end_workers();
	for (int i = 0; i < threads; i++)
		CHECK(atomic_load(&caught[i]) == iterations);
}

/* For programs that a signal is to kill: no core file. */
static inline void no_core(void)
{
	struct rlimit none = { 0, 0 };

	CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
}

/* Registers of the interrupted code, in a handler. */
static inline greg_t *registers(void *context)
{
	return ((ucontext_t *)context)->uc_mcontext.gregs;
}

/* Waits for `child`, restarting; its status as of waitpid. */
static inline int wait_for(pid_t child)
{
	int status;

	CHECK(child > 0);
	while (waitpid(child, &status, 0) != child)
		CHECK(errno == EINTR);
	return status;
}

#endif
