#!/usr/bin/env bash
# A command as a user gives it to ci/transparency, with a file that it writes: natively, over two nodes, moved at random.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/suite.sh
. ci/lib/suite.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
seq 2000000 >"$scratch/input"
run_as_suite transparency --quick --nodes 2 --phase mover \
	--command "pigz -kf -p 4 $scratch/input" --output "$scratch/input.gz"
