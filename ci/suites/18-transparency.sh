#!/usr/bin/env bash
# Programs of one behaviour each, natively, with their threads on two nodes, and once moved about at random. Those that
# need packages of their own (ci/transparency has them) are left out.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
log=$(mktemp)
areas=()
for area in identity io litmus memory processes signals threads time; do
	areas+=(--area "$area")
done
ci/transparency --quick --nodes 2 --rounds 1 "${areas[@]}" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
line=$(grep -E '^transparency: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
rm -f "$log"
echo "suite: ${line#transparency: }"
exit "$status"
