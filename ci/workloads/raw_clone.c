/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a program without any C library: its threads come from clone(), join by a futex and have no TLS, rseq or handlers. */
#include <asm/unistd.h>
#include <linux/futex.h>
#include <linux/sched.h>

#define THREADS 4
#define STACK 16384
#define ROUNDS 300

static char stacks[THREADS][STACK] __attribute__((aligned(16)));
static volatile int alive[THREADS];
static volatile int lock_word;
static volatile long counter;
static volatile unsigned long results[THREADS];

static long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static void lock(void)
{
	while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
		syscall6(__NR_futex, (long)&lock_word, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0);
}

static void unlock(void)
{
	__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
	syscall6(__NR_futex, (long)&lock_word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

__attribute__((used)) void thread_main(long me)
{
	unsigned long state = (unsigned long)me + 1;

	for (long i = 0; i < 30000000; i++)
		state = state * 6364136223846793005ul + 1442695040888963407ul;
	for (int i = 0; i < ROUNDS; i++) {
		lock();
		counter++;
		unlock();
	}
	results[me] = state;
	syscall6(__NR_exit, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

/* clone(2) returns twice, in the child on the new stack: so the call and the jump are one piece of assembly. */
long start_thread(unsigned long flags, void *stack, volatile int *tid, long me);
__asm__("start_thread:\n"
	"	push %r12\n"
	"	mov %rcx, %r12\n"
	"	mov %rdx, %r10\n"
	"	mov $56, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jnz 1f\n"
	"	mov %r12, %rdi\n"
	"	xor %ebp, %ebp\n"
	"	call thread_main\n"
	"	hlt\n"
	"1:	pop %r12\n"
	"	ret\n");

static void print(unsigned long value)
{
	char text[20];
	int at = sizeof(text);

	text[--at] = '\n';
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	syscall6(__NR_write, 1, (long)(text + at), (long)sizeof(text) - at, 0, 0, 0);
}

__attribute__((used)) void program(void)
{
	const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
				    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	unsigned long sum = 0;

	for (long i = 0; i < THREADS; i++) {
		/* Parent's and child's tid word are one: set by the clone, cleared and woken at the exit. */
		alive[i] = -1;
		if (start_thread(flags, stacks[i] + STACK, &alive[i], i) < 0)
			syscall6(__NR_exit_group, 1, 0, 0, 0, 0, 0);
	}
	for (int i = 0; i < THREADS; i++) {
		int tid;

		/* The kernel wakes it as a shared futex. */
		while ((tid = alive[i]) != 0)
			syscall6(__NR_futex, (long)&alive[i], FUTEX_WAIT, tid, 0, 0, 0);
		sum += results[i];
	}
	print((unsigned long)counter);
	print(sum);
	syscall6(__NR_exit_group, counter != THREADS * ROUNDS, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	and $-16, %rsp\n"
	"	call program\n"
	"	hlt\n");
