#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the patched back-end costs against the stock one, measured by turns on the same two guests.

    ci/vm.d/ratio.py [--runs N]

Boots two guests with the patched kernel. Each runs two nodes, one with either back-end, and one program after the other
has its worker moved from the first guest to the second: one makes forwarded system calls, one reads pages that were
written on the first guest (ci/bench.d/guest.c, as for ci/bench). Prints medians and patched ÷ stock. Figures of emulated
machines mean nothing by themselves; their ratio does.
"""

import argparse
import importlib.machinery
import importlib.util
import os
import statistics
import subprocess
import sys
import uuid
from pathlib import Path

sys.dont_write_bytecode = True
TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "ci"))
BACKENDS = ("stock", "patched")
ROWS = ("getppid", "fault")

# Runs in each guest. The nodes end by SIGTERM when the first guest has measured and the harness ends the second one.
JOB = """
export JAVA_TOOL_OPTIONS="-XX:TieredStopAtLevel=1"
nodes=
for backend in stock patched; do
	port=7070
	[ $backend = stock ] || port=7080
	join=
	if [ $GUEST = 2 ]; then
		until (exec 3<>/dev/tcp/10.77.0.1/$port) 2>/dev/null; do sleep 0.2; done
		join="--join 10.77.0.1:$port"
	fi
	./hitotsu node --listen 10.77.0.$GUEST:$port --name $backend$GUEST --socket /run/$backend.sock \\
		--metrics 127.0.0.1:0 --insecure --lease 60s --ping-interval 5s --backend $backend $join \\
		>/tmp/$backend.log 2>&1 &
	nodes="$nodes $!"
done
if [ $GUEST = 1 ]; then
	EFFORT=0.1 python3 ci/vm.d/ratio.py --here --runs RUNS
	status=$?
	[ $status = 0 ] || tail -n 15 /tmp/stock.log /tmp/patched.log
else
	# The first guest's nodes go when it has measured.
	for backend in stock patched; do
		until grep -q ready /tmp/$backend.log; do sleep 0.5; done
		until grep -q "has left" /tmp/$backend.log; do sleep 0.5; done
	done
	status=0
fi
kill $nodes
wait $nodes
exit $status
"""


def bench():
    """ci/bench as a module: a program has no suffix to be imported by."""
    loader = importlib.machinery.SourceFileLoader("bench", str(TREE / "ci" / "bench"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(module)
    return module


def measure(module, cluster, row):
    """ns of one operation."""
    guest = module.Guest(cluster, row, 0)
    try:
        away = cluster.ids()[1]
        guest.move(away)
        guest.go()
        value = float(guest.line("result"))
        if guest.place() != away:
            raise module.ClusterError(f"the worker did not stay on the other node: {guest.homecomings()}")
        guest.finish()
        return value
    finally:
        guest.kill()


def here(runs):
    """In the first guest, with both nodes of both guests starting."""
    from harness.cluster import ExistingCluster

    module = bench()
    module.STEP_TIMEOUT = 240.0
    os.environ["HITOTSU_CI_MARK"] = uuid.uuid4().hex
    clusters = {}
    for backend in BACKENDS:
        clusters[backend] = ExistingCluster(f"/run/{backend}.sock", 2, patience=10.0, quick=True)
        clusters[backend].start()
    for row in ROWS:
        values = {backend: [] for backend in BACKENDS}
        for _ in range(runs):
            for backend in BACKENDS:
                values[backend].append(measure(module, clusters[backend], row))
        stock, patched = (statistics.median(values[backend]) / 1000 for backend in BACKENDS)
        print(f"ratio: {row}: stock {stock:.0f} us, patched {patched:.0f} us, patched / stock {patched / stock:.2f}", flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="runs of each program on each back-end (default 3)")
    parser.add_argument("--kernel", default="patched", help="as ci/vm has it (default patched)")
    parser.add_argument("--timeout", type=int, default=900, metavar="S")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return here(options.runs)
    subprocess.run(["make", "-s", "-C", str(TREE / "ci" / "bench.d")], check=True)
    command = [str(TREE / "ci" / "vm"), "run", "--guests", "2", "--all", "--kernel", options.kernel]
    command += ["--timeout", str(options.timeout), "--", JOB.replace("RUNS", str(options.runs))]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
