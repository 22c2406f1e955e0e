#!/usr/bin/env bash
# The kernel series by itself: its size and style, its builds, what it costs a process that is not shared, and its own
# selftests on the normal and on the debug kernel.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/count.sh
. ci/lib/count.sh

step "the series" 300 kernel-patch/check
# A machine without any cache has two kernels to build, which is most of its run, and not a third one, with which there
# is nothing to do but to compare.
cold=
kernel-patch/build --print >/dev/null 2>&1 || kernel-patch/build --print --unpatched >/dev/null 2>&1 || cold=1
# Seconds of builds without any cache; with one they are over at once.
step "kernel: normal" 2400 kernel-patch/build
step "kernel: debug" 2400 kernel-patch/build --config debug
if [ -n "$cold" ]; then
	section "instructions of an unshared process"
	add_skipped "no kernel has been built here before; by hand: ci/vm.d/cost.py patched unpatched"
else
	step "kernel: unpatched" 2400 kernel-patch/build --unpatched
	step "instructions of an unshared process" 600 ci/vm.d/cost.py patched unpatched
fi
step "selftests, normal kernel" 600 ci/vm run --timeout 560 -- ci/vm.d/selftests
step "selftests and fuzz, debug kernel" 1500 ci/vm run --kernel debug --memory 2048 --timeout 1460 -- \
	ci/vm.d/selftests all fuzz,20000
finish suite
