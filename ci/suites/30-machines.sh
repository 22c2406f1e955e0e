#!/usr/bin/env bash
# The end-to-end suite on nodes that are machines: three with the patched kernel, some of it with strace attached and on
# the debug kernel; Debian's own kernels with the stock back-end; one node with either back-end. Programs that are shared
# while they run, on one machine with the patched kernel.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=ci/lib/count.sh
. ci/lib/count.sh

# Emulated: one processor each (QEMU's several race with the kernel's changes of its own code), few repetitions.
machines() {
	local name=$1 limit=$2
	shift 2
	step "$name" $((limit + 180)) ci/vm e2e --cpus 1 --effort 0.1 --timeout "$limit" "$@"
}

few=(--only fork_wait --only mutex_counter --only pipe_ring --only signals)

machines "three patched nodes" 1500 --nodes 3
machines "traced by strace" 480 --nodes 3 --strace "${few[@]}"
machines "debug kernel" 720 --nodes 2 --kernel debug --memory 2048 "${few[@]}"
machines "Debian's kernels, stock back-end" 480 --nodes 2 --kernel debian-6.1,debian-6.12 --backend stock "${few[@]}"
machines "a node of each back-end" 480 --nodes 2 --backend stock,patched "${few[@]}"
step "attach, patched back-end" 1140 ci/vm run --cpus 1 --memory 2048 --timeout 1080 -- \
	ci/attach --backend patched --slow 12 --turns 4
finish suite
