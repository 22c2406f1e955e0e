#!/usr/bin/env bash
# The kernel series by itself: its size and style, its builds, what it costs a process that is not shared, and its own
# selftests on the normal and on the debug kernel.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/count.sh
. ci/lib/count.sh

step "the series" 300 kernel-patch/check
# Seconds of builds without any cache; with one they are over at once.
step "kernel: normal" 2400 kernel-patch/build
step "kernel: unpatched" 2400 kernel-patch/build --unpatched
step "kernel: debug" 2400 kernel-patch/build --config debug
step "instructions of an unshared process" 600 ci/vm.d/cost.py patched unpatched
step "selftests, normal kernel" 600 ci/vm run --timeout 560 -- ci/vm.d/selftests
step "selftests and fuzz, debug kernel" 1500 ci/vm run --kernel debug --memory 2048 --timeout 1460 -- \
	ci/vm.d/selftests all fuzz,20000
finish suite
