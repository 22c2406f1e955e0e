#!/usr/bin/env bash
# Programs of our own and packaged ones, natively and shared over two nodes, compared byte for byte.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/suite.sh
. ci/lib/suite.sh
run_as_suite e2e --limit 440
