# shellcheck shell=bash
# Counting for ci/test and its suites. Sourced by bash scripts.

passed=0 failed=0 skipped=0
failures=()

section() {
	printf '\n== %s ==\n' "$1"
}

add_passed() {
	passed=$((passed + 1))
}

# add_skipped REASON
add_skipped() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

add_failed() {
	failed=$((failed + 1))
	failures+=("$1")
}

# wanted NAME WORD...: no word, or one of the words in NAME.
wanted() {
	local name=$1 word
	shift
	[ $# = 0 ] && return 0
	for word in "$@"; do
		[[ $name == *"$word"* ]] && return 0
	done
	return 1
}

# count_surefire LOG: adds each module's closing line. Surefire closes a module with a line like that of a class,
# but without a class name.
count_surefire() {
	local run failures_ errors skips any=
	while read -r run failures_ errors skips; do
		any=1
		passed=$((passed + run - failures_ - errors - skips))
		failed=$((failed + failures_ + errors))
		skipped=$((skipped + skips))
		[ $((failures_ + errors)) = 0 ] || failures+=("unit tests: $((failures_ + errors))")
	done < <(sed -nE 's/^\[(INFO|ERROR|WARNING)\] Tests run: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+), Skipped: ([0-9]+)$/\2 \3 \4 \5/p' "$1")
	[ -n "$any" ] || add_failed "no unit test ran"
}

# count_line NAME EXIT_STATUS WORD LOG: adds LOG's last line `WORD: N passed, N failed, N skipped` (WORD is a pattern),
# and is false where there is none. An exit status that says so counts as a failure whatever the line says.
count_line() {
	local name=$1 rc=$2 last p f s
	last=$(grep -aE "^$3: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped\$" "$4" | tail -n 1)
	[ -n "$last" ] || return 1
	last=${last#*: }
	# shellcheck disable=SC2086 # words
	set -- ${last//[!0-9 ]/}
	p=$1 f=$2 s=$3
	if [ "$rc" != 0 ] && [ "$f" = 0 ]; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" = 0 ] || failures+=("$name: $f")
}

# count_suite NAME EXIT_STATUS LOG: adds the suite's own last line. A suite that says nothing countable has failed,
# whatever its exit status.
count_suite() {
	count_line "$1" "$2" suite "$3" || add_failed "$1: exit status $2 and no closing line"
}

# run_logged NAME SECONDS LOG COMMAND...: runs the command for so long at most, and shows and keeps what it prints. Its
# exit status is the command's.
run_logged() {
	local name=$1 limit=$2 log=$3 rc
	shift 3
	# Not through a pipe: a process which the command left behind would hold it open, and this would wait for ever.
	timeout -k 30 "$limit" "$@" >"$log" 2>&1 </dev/null &
	tail -n +1 -s 0.2 -f --pid=$! "$log"
	wait $!
	rc=$?
	[ $rc != 124 ] || echo "$name ran into its limit of $limit s"
	return $rc
}

# Whether the time is over after which nothing new is to begin: ci/test says when, in seconds of the epoch.
late() {
	[ -n "${HITOTSU_TEST_END-}" ] && [ "$EPOCHSECONDS" -ge "$HITOTSU_TEST_END" ]
}

# step NAME SECONDS COMMAND...: runs one step of a suite for so long at most, and adds what its last line counts, or
# itself where it counts nothing. One that would begin late is skipped.
step() {
	local name=$1 limit=$2 log rc started=$SECONDS
	shift 2
	section "$name"
	if late; then
		add_skipped "the time for all tests is over (HITOTSU_TEST_MINUTES=0 gives them as long as they take)"
		return
	fi
	log=$(mktemp)
	run_logged "$name" "$limit" "$log" "$@"
	rc=$?
	if ! count_line "$name" "$rc" '(e2e|attach|cpus|selftests|transparency)' "$log"; then
		if [ "$rc" = 0 ]; then add_passed; else add_failed "$name: exit status $rc"; fi
	fi
	rm -f "$log"
	echo "($name took $((SECONDS - started)) s)"
}

# finish WORD: the closing line, after `WORD: ` if that is not empty, and the exit status that goes with it.
finish() {
	local failure
	printf '\n'
	for failure in "${failures[@]}"; do
		echo "failed: $failure"
	done
	echo "${1:+$1: }$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}
