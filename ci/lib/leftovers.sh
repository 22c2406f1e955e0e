# shellcheck shell=bash
# Finds what a test run left behind. Sourced by bash scripts. Kills and detaches nothing: a leftover is a fault to be
# seen, and it may belong to somebody else.

leftovers_tree=$(pwd -P)
leftovers_known=

# Every process of ours, one a line, "pid comm args": daemons run from this tree, shadows and launchers by name.
our_processes() {
	local dir pid comm args
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		[ "$pid" != $$ ] || continue
		{ read -r comm <"$dir/comm" && args=$(tr '\0' ' ' <"$dir/cmdline"); } 2>/dev/null || continue
		case "$comm $args" in
		hitotsu* | *"-Dhitotsu.home=$leftovers_tree "*) echo "$pid $comm ${args:0:160}" ;;
		esac
	done
}

# eBPF programs, maps and links of ours, all named hito*, one a line.
our_bpf_objects() {
	command -v bpftool >/dev/null && [ "$(id -u)" = 0 ] || return 0
	bpftool prog show 2>/dev/null | grep -E '  name hito'
	bpftool map show 2>/dev/null | grep -E '  name hito'
	return 0
}

# What was there before is not this run's.
leftovers_before() {
	leftovers_known=$(our_processes; our_bpf_objects)
}

# leftovers: prints each thing left, as it is found; true when there is none. What dies of itself gets 10 s, as a
# daemon told to stop may be taking its leave.
leftovers() {
	local deadline=$((SECONDS + 10)) left
	while :; do
		left=$( (our_processes; our_bpf_objects) | grep -vxFf <(printf '%s\n' "$leftovers_known") )
		[ -n "$left" ] || return 0
		[ $SECONDS -lt $deadline ] || break
		sleep 0.5
	done
	printf '%s\n' "$left"
	return 1
}
