#!/usr/bin/env bash
# Programs of one behaviour each, natively, with their threads on two nodes, and once moved about at random. Those that
# need packages of their own (ci/transparency has them) are left out.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/suite.sh
. ci/lib/suite.sh
areas=()
for area in identity io litmus memory processes signals threads time; do
	areas+=(--area "$area")
done
run_as_suite transparency --quick --nodes 2 --rounds 1 "${areas[@]}"
