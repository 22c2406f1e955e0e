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

# count_suite NAME EXIT_STATUS LOG: adds the suite's own last line. A suite that says nothing countable has failed,
# whatever its exit status; so has one whose exit status says so and its line does not.
count_suite() {
	local name=$1 rc=$2 last p f s
	last=$(grep -E '^suite: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$3" | tail -n 1)
	if [ -z "$last" ]; then
		add_failed "$name: exit status $rc and no closing line"
		return
	fi
	# shellcheck disable=SC2086 # words
	set -- ${last//[!0-9 ]/}
	p=$1 f=$2 s=$3
	if [ "$rc" != 0 ] && [ "$f" = 0 ]; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" = 0 ] || failures+=("$name: $f")
}

# finish: the closing line, and the exit status that goes with it.
finish() {
	local failure
	printf '\n'
	for failure in "${failures[@]}"; do
		echo "failed: $failure"
	done
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}
