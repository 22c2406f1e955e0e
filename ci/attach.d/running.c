// SPDX-License-Identifier: Apache-2.0
/*
 * A program that is shared and released while it runs: it prints "ready", does what it does until its standard input
 * ends ("v" and another byte keep it in vfork), and then says whether everything came out right. Threads compute and lock, are born and end, fork and map; others
 * wait in every kind of call that a stop might break off, and count the EINTRs that nobody has sent a signal for.
 */
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "check.h"

#define PAGES 64
#define PAGE 4096

static atomic_int stop;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long total, counts[MAX_THREADS];
static uint64_t *field;
static atomic_long alarms;
static __thread uint64_t own;

static int event, pipe_ends[2], semaphores;
static int waited, interrupted;

static void on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static void short_nap(void)
{
	struct timespec nap = {0, 2000000};

	CHECK(nanosleep(&nap, NULL) == 0 || errno == EINTR);
}

/* Adds to a field of pages that all workers write, and to its own thread-local word. */
static void *work(void *argument)
{
	intptr_t self = (intptr_t)argument;
	uint64_t state = 88172645463325252ull + self;
	pid_t pid = getpid();

	own = self;
	while (!atomic_load(&stop)) {
		for (int i = 0; i < 20000; i++)
			xorshift(&state);
		pthread_mutex_lock(&lock);
		total++;
		field[(state % PAGES) * (PAGE / 8)]++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		counts[self]++;
		own += MAX_THREADS;
		if (counts[self] % 8 == 0) {
			char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			CHECK(map != MAP_FAILED);
			memset(map, 1 + (int)self, 4 * PAGE);
			CHECK(mprotect(map, PAGE, PROT_READ) == 0);
			CHECK(map[PAGE - 1] == 1 + (int)self && map[3 * PAGE] == 1 + (int)self);
			CHECK(munmap(map, 4 * PAGE) == 0);
		}
		CHECK(getpid() == pid);
		short_nap();
	}
	CHECK(own == (uint64_t)self + (uint64_t)counts[self] * MAX_THREADS);
	return NULL;
}

static void *be_born(void *argument)
{
	own = (uintptr_t)argument;
	sched_yield();
	CHECK(own == (uintptr_t)argument);
	return argument;
}

/* A child process that is under a filter waits for the daemon's answer to each of these. */
static void handle_often(void)
{
	struct sigaction action = {.sa_handler = on_alarm};

	for (int i = 0; i < 1000; i++)
		CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
}

/* Threads and child processes begin and end all the while. */
static void *breed(void *argument)
{
	for (uintptr_t i = 1; !atomic_load(&stop); i++) {
		pthread_t born;
		void *result;
		int status;

		CHECK(pthread_create(&born, NULL, be_born, (void *)i) == 0);
		CHECK(pthread_join(born, &result) == 0 && result == (void *)i);
		if (i % 4 == 0) {
			pid_t child = fork();

			CHECK(child >= 0);
			if (!child) {
				handle_often();
				_exit(own == 0 && field[0] != 1ull << 63 ? 9 : 1);
			}
			CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 9);
		}
		short_nap();
	}
	return argument;
}

static void count(const char *call, long result)
{
	if (result < 0 && errno == EINTR) {
		fprintf(stderr, "%s: EINTR without a signal\n", call);
		pthread_mutex_lock(&lock);
		interrupted++;
		pthread_mutex_unlock(&lock);
	}
}

static void done(void)
{
	pthread_mutex_lock(&lock);
	waited++;
	pthread_mutex_unlock(&lock);
}

static void *wait_epoll(void *argument)
{
	struct epoll_event wanted = {.events = EPOLLIN}, got;
	int fd = epoll_create1(0), n;

	CHECK(fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, event, &wanted) == 0);
	while ((n = epoll_wait(fd, &got, 1, -1)) != 1)
		count("epoll_wait", n);
	done();
	return argument;
}

static void *wait_ppoll(void *argument)
{
	struct pollfd wanted = {.fd = event, .events = POLLIN};
	sigset_t none;
	int n;

	sigfillset(&none);
	while ((n = ppoll(&wanted, 1, NULL, &none)) != 1)
		count("ppoll", n);
	done();
	return argument;
}

static void *wait_poll(void *argument)
{
	struct pollfd wanted = {.fd = event, .events = POLLIN};
	int n;

	while ((n = poll(&wanted, 1, 100000)) != 1)
		count("poll", n);
	done();
	return argument;
}

static void *wait_read(void *argument)
{
	char byte;
	ssize_t n;

	while ((n = read(pipe_ends[0], &byte, 1)) != 1)
		count("read", n);
	done();
	return argument;
}

static void *wait_signal(void *argument)
{
	struct timespec limit = {1000, 0};
	sigset_t usr2;
	int n;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	while ((n = sigtimedwait(&usr2, NULL, &limit)) != SIGUSR2)
		count("sigtimedwait", n);
	done();
	return argument;
}

static void *wait_semop(void *argument)
{
	struct sembuf down = {.sem_op = -1};
	int n;

	while ((n = semop(semaphores, &down, 1)) != 0)
		count("semop", n);
	done();
	return argument;
}

static void *wait_sleep(void *argument)
{
	while (!atomic_load(&stop)) {
		struct timespec begun, now, nap = {0, 30000000};
		int n;

		clock_gettime(CLOCK_MONOTONIC, &begun);
		n = nanosleep(&nap, NULL);
		count("nanosleep", n);
		clock_gettime(CLOCK_MONOTONIC, &now);
		CHECK((now.tv_sec - begun.tv_sec) * 1000000000 + now.tv_nsec - begun.tv_nsec >= 30000000);
	}
	done();
	return argument;
}

static void *wait_condition(void *argument)
{
	pthread_mutex_lock(&lock);
	for (long before = total; !atomic_load(&stop) || total == before;)
		pthread_cond_wait(&changed, &lock);
	waited++;
	pthread_mutex_unlock(&lock);
	return argument;
}

/* Waits, in a way that nothing interrupts, until the child has read a byte. */
static void lend_memory(void)
{
	pid_t child = vfork();
	char byte;

	CHECK(child >= 0);
	if (!child)
		_exit(read(STDIN_FILENO, &byte, 1) == 1 ? 0 : 1);
	CHECK(waitpid(child, NULL, 0) == child);
}

int main(int argc, char **argv)
{
	void *(*bodies[])(void *) = {wait_epoll, wait_ppoll, wait_poll, wait_read, wait_signal, wait_semop, wait_sleep, wait_condition};
	enum { WAITERS = sizeof(bodies) / sizeof(bodies[0]) };
	struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	struct sembuf up = {.sem_op = 1};
	pthread_t workers[MAX_THREADS], waiters[WAITERS], breeder;
	uint64_t one = 1, sum = 0;
	sigset_t blocked;
	char byte;
	ssize_t n;

	arguments(argc, argv, 1);
	field = calloc(PAGES, PAGE);
	event = eventfd(0, 0);
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	CHECK(field && event >= 0 && pipe(pipe_ends) == 0 && semaphores >= 0);
	/* Alarms go to the workers, for all others block them. */
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	if (iterations > 1) {
		/* For the stock back-end a reason to trace it at home, too. */
		action.sa_flags = 0;
		CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	CHECK(pthread_sigmask(SIG_BLOCK, &blocked, NULL) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&workers[i], NULL, work, (void *)i) == 0);
	sigaddset(&blocked, SIGALRM);
	CHECK(pthread_sigmask(SIG_BLOCK, &blocked, NULL) == 0);
	for (int i = 0; i < WAITERS; i++)
		CHECK(pthread_create(&waiters[i], NULL, bodies[i], NULL) == 0);
	CHECK(pthread_create(&breeder, NULL, breed, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	printf("ready\n");
	fflush(stdout);

	while ((n = read(STDIN_FILENO, &byte, 1)) != 0) {
		count("read of standard input", n);
		if (n == 1 && byte == 'v')
			lend_memory();
	}

	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
	atomic_store(&stop, 1);
	CHECK(write(event, &one, 8) == 8 && write(pipe_ends[1], "x", 1) == 1);
	CHECK(pthread_kill(waiters[4], SIGUSR2) == 0 && semop(semaphores, &up, 1) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(workers[i], NULL) == 0);
	CHECK(pthread_join(breeder, NULL) == 0);
	for (int i = 0; i < WAITERS; i++) {
		pthread_mutex_lock(&lock);
		total += i == WAITERS - 1;
		counts[0] += i == WAITERS - 1;
		field[0] += i == WAITERS - 1;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		CHECK(pthread_join(waiters[i], NULL) == 0);
	}
	for (int i = 0; i < threads; i++)
		total -= counts[i], sum += counts[i];
	for (int i = 0; i < PAGES; i++)
		sum -= field[i * (PAGE / 8)];
	CHECK(semctl(semaphores, 0, IPC_RMID) == 0);
	printf("left over %ld and %ld, waited %d, interrupted %d, alarms %s\n", total, (long)sum, waited, interrupted,
	       alarms > 0 ? "came" : "did not come");
	return 5;
}
