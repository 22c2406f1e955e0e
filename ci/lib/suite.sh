# shellcheck shell=bash
# Sourced by those of ci/suites that are one program of ci/.

# run_as_suite NAME OPTION...: runs ci/NAME, which closes with `NAME: N passed, N failed, N skipped`, and ends as a suite.
run_as_suite() {
	local name=$1 log line status
	shift
	log=$(mktemp)
	"ci/$name" "$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	line=$(grep -aE "^$name: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped\$" "$log" | tail -n 1)
	rm -f "$log"
	echo "suite: ${line#"$name": }"
	exit "$status"
}
