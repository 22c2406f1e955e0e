#!/usr/bin/env bash
# Programs that run already are shared, moved and released, and compared with runs that nobody has touched.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/suite.sh
. ci/lib/suite.sh
run_as_suite attach
