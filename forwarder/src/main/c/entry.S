/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's entry table and its rendezvous loop. The loop is assembly because the daemon tells from the instruction
 * pointer alone how far a stopped deputy has come: before its system call (it has no effect yet), behind it (rax is
 * the result) or done (the mailbox holds the result). See OriginTracee.java.
 */
#include "agent.h"

	.section .entry, "ax"
	.globl	agent_table
agent_table:
	.quad	0x7573746f746968	/* "hitotsu" */
	.quad	agent_loop
	.quad	exec_call
	.quad	exec_ret
	.quad	exec_done
	.quad	spawn_helper_entry
	.quad	shadow_entry
	.quad	inject_entry
	.quad	agent_code_end
	.quad	idle_call
	.quad	trap_entry

	.text
/* In: rbx = the slot, rsp = its stack. Never returns. */
	.globl	agent_loop
agent_loop:
	movl	$NR_RENDEZVOUS, %eax
	movq	%rbx, %rdi
	syscall
	cmpq	$CMD_EXEC, %rax
	je	do_exec
	cmpq	$CMD_IDLE, %rax
	je	do_idle
	cmpq	$CMD_CALL, %rax
	je	do_call
	testq	%rax, %rax	/* the daemon has the thread go home */
	je	agent_loop
	cmpq	$-4, %rax	/* EINTR: a signal, for which it stops */
	je	agent_loop
	/* ENOSYS: the listener is closed, so the daemon is gone. Or somebody else has answered, a filter of the program's
	   own, and always will. */
	jmp	orphaned

	/* r12: not 0 if the call is one that answers EFAULT, without effect, where it can't wait for a page (agent.c,
	   futex_guard). */
do_exec:
	xorl	%r12d, %r12d
	cmpq	$202, BOX_NR(%rbx)
	jne	exec_load
guard:
	movq	%rbx, %rdi
	call	futex_guard
	movq	%rax, %r12
exec_load:
	movq	BOX_NR(%rbx), %rax
	movq	BOX_ARGS(%rbx), %rdi
	movq	BOX_ARGS+8(%rbx), %rsi
	movq	BOX_ARGS+16(%rbx), %rdx
	movq	BOX_ARGS+24(%rbx), %r10
	movq	BOX_ARGS+32(%rbx), %r8
	movq	BOX_ARGS+40(%rbx), %r9
exec_call:
	syscall
exec_ret:
	cmpq	$-14, %rax
	jne	exec_keep
	testq	%r12, %r12
	jnz	guard	/* outside of what counts as executed: the call had no effect */
exec_keep:
	movq	%rax, BOX_RESULT(%rbx)
	movl	$STATE_DONE, BOX_STATE(%rbx)
exec_done:
	jmp	agent_loop

	/* FUTEX_WAIT on BOX_FUTEX for the value 0. A signal ends the wait, which is why a deputy without work waits here
	   and not in the rendezvous: a received notification can't be interrupted. */
do_idle:
	movl	$202, %eax
	leaq	BOX_FUTEX(%rbx), %rdi
	xorl	%esi, %esi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
idle_call:
	syscall
	cmpl	$STATE_REQUESTED, BOX_STATE(%rbx)
	je	do_exec
	cmpl	$0, BOX_FUTEX(%rbx)
	je	do_idle
	jmp	agent_loop

do_call:
	movq	%rbx, %rdi
	call	agent_call
	movq	%rax, BOX_RESULT(%rbx)
	movl	$STATE_DONE, BOX_STATE(%rbx)
	jmp	agent_loop

orphaned:
	movq	%rbx, %rdi
	call	agent_orphaned
	hlt

/* A traced thread is set here with a system call in its registers; the trap hands it back to the tracer. */
inject_entry:
	syscall
	int3

/* A deputy is set here with the trap flag: its SIGTRAP is that of an instruction which its thread ran elsewhere. */
trap_entry:
	nop
	jmp	agent_loop

/* In: rbx = the control slot. Starts the helper, then traps; rax = its thread id or -errno. */
spawn_helper_entry:
	movq	%rbx, %rdi
	call	spawn_helper
	int3

/* In: rdi = the control slot (from the shadow's loader). */
	.globl	shadow_entry
shadow_entry:
	movq	%rdi, %rbx
	leaq	CONTROL_SLOTS*SLOT_SIZE(%rbx), %rsp
	movq	%rbx, %rdi
	call	shadow_setup
	/* Ready or failed, as SHADOW_FAILED says: the tracer looks, then lets it go on. */
	int3
	jmp	agent_loop

/*
 * long agent_clone(unsigned long flags, void *slot, void *stack_top): the child goes straight into the loop with its
 * own slot and stack; the parent gets the thread id or -errno.
 */
	.globl	agent_clone
agent_clone:
	movl	$56, %eax
	movq	%rsi, %r9
	movq	%rdx, %rsi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	movq	%r9, %rbx
	xorl	%ebp, %ebp
	jmp	agent_loop

/* long agent_clone_helper(flags, slot, stack_top): the same, but the child first prepares itself as the helper. */
	.globl	agent_clone_helper
agent_clone_helper:
	movl	$56, %eax
	movq	%rsi, %r9
	movq	%rdx, %rsi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	movq	%r9, %rbx
	xorl	%ebp, %ebp
	call	helper_prepare
	jmp	agent_loop

	.section .note.GNU-stack,"",@progbits
