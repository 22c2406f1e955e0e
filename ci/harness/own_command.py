# SPDX-License-Identifier: Apache-2.0
"""Runs a user's own command natively and on nodes, in the directory it was asked for, and compares what it leaves."""

import shutil
import time
from pathlib import Path

from .cases import Case
from .cluster import ClusterError
from .execution import Outcome, Stuck, compare, run_in
from .watchers import Departure

SECONDS = 600.0
# Seconds within which a program may well end before a thread of it has been moved.
BRIEF = 1.0


class Outputs:
    """Files that a command writes. Before each run they are as they were at first, present or absent."""

    def __init__(self, names, kept):
        self.names = names
        self.kept = kept
        kept.mkdir()
        for number, name in enumerate(names):
            if Path(name).exists():
                shutil.copy2(name, kept / str(number))

    def restore(self):
        for number, name in enumerate(self.names):
            first = self.kept / str(number)
            if first.exists():
                shutil.copy2(first, name)
            else:
                Path(name).unlink(missing_ok=True)

    def read(self):
        return {name: Path(name).read_bytes() for name in self.names if Path(name).is_file()}


def run_own(runner, words, outputs, nodes, whole, seeds):
    """Reports, for each number of nodes, whether the command (a list of words) leaves what it leaves natively.

    Standard output, exit status and the files `outputs` must be equal; the files are left as the last run wrote them.
    `whole`: the command has one thread, which is asked to move. With each of `seeds` it runs once more on the most nodes,
    under a mover.
    """
    case = Case("command", tuple(words), stderr=False, moves="whole" if whole else "threads", timeout=SECONDS)
    files = Outputs(outputs, runner.work / "outputs")
    obstacle = runner.obstacle(case)
    if obstacle:
        runner.report.say(obstacle[0], case.name, obstacle[1])
        return

    def execute(command, watch=None):
        files.restore()
        status, out, _, pid = run_in(case, command, Path.cwd(), runner.work / "streams", {}, runner.limit(case), watch)
        return Outcome(status, out, b"", files.read()), pid

    try:
        native, _ = execute(list(case.command))
    except Stuck as stuck:
        runner.report.say("fail", "command, native", f"did not end within {runner.limit(case):.0f} s:\n{stuck}\n  ")
        return
    missing = [name for name in outputs if name not in native.files]
    if missing:
        runner.report.say("fail", "command, native", f"it did not write {', '.join(missing)}")
        return
    runner.report.say("pass", "command, native", f"status {native.status}, {len(native.stdout)} bytes of output")
    for count in nodes:
        compare_once(runner, case, native, f"{count} nodes", count, None, execute)
    for seed in seeds:
        compare_once(runner, case, native, f"mover {seed}", max(nodes), f"{seed} {case.name}", execute)


def compare_once(runner, case, native, phase, count, seed, execute):
    name = f"command, {phase}"
    started = time.monotonic()
    runner.nodes = count
    failed = True
    try:
        runner.start()
        departure = Departure(runner.cluster, None)
        watch = runner.watcher(case, f"command.{phase}".replace(" ", "_"), departure, seed)
        begun = time.monotonic()
        shared, pid = execute(runner.cluster.command(case.command), watch)
        ran_for = time.monotonic() - begun
        complaints = compare(case, native, shared)
        if complaints and compare(case, native, execute(list(case.command))[0]):
            complaints.append("but it does not leave the same each time natively either, so nothing can be said")
        more, ran = runner.whereabouts(pid, watch)
        complaints += more
        if more and case.moves != "whole" and len((runner.cluster.program(pid) or {}).get("threads", [])) == 1:
            complaints.append("it has one thread: --whole moves that")
        elif more and ran_for < BRIEF:
            complaints.append(f"it ended after {ran_for * 1000:.0f} ms, which may be too early to be moved: give it more to do")
        failed = bool(complaints)
        runner.report.say("fail" if failed else "pass", name, "; ".join(complaints), ran, time.monotonic() - started)
    except Stuck as stuck:
        reason = f"did not end within {runner.limit(case):.0f} s:\n{stuck}\n  "
        runner.report.say("fail", name, reason, runner.whereabouts_of(stuck))
    except (ClusterError, OSError) as error:
        runner.report.say("fail", name, f"the nodes: {error}")
    finally:
        if failed:
            runner.stop()
