#!/usr/bin/env bash
# Programs that are told of the processors of all nodes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/suite.sh
. ci/lib/suite.sh
run_as_suite cpus
