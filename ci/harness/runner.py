# SPDX-License-Identifier: Apache-2.0
"""Runs cases natively and on nodes, and reports each: what ci/e2e and ci/transparency share."""

import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import cases as case_list
from .cluster import Cluster, ClusterError, ExistingCluster, patience, visited, where
from .execution import MARK, MARK_NAME, Stuck, compare, execute
from .report import Report
from .watchers import Children, Departure, Mover, Strace, WholeMove

# Milliseconds each thread of our programs computes before the part that matters, so that it has been moved by then.
SETTLE_MS = 150


def part(text):
    """A number from 0 to 1, for argparse."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def add_arguments(parser):
    """The options that mean the same wherever cases are run."""
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only cases of this name; repeatable")
    parser.add_argument("--skip", action="append", default=[], metavar="NAME", help="not this case; repeatable")
    parser.add_argument("--rounds", type=int, default=1, help="run each case so often (default 1)")
    parser.add_argument("--command", metavar="CMD", help="run this command in place of the list of cases")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="fail the cases that have not begun by then")
    parser.add_argument("--seed", type=int, default=1, help="seed of the mover (default 1)")
    parser.add_argument("--keep-logs", metavar="DIR", help="leave the nodes' logs and the output of failed cases there")
    parser.add_argument("--quick", action="store_true", help="start programs without a Java virtual machine")
    parser.add_argument("--existing", metavar="SOCKET", help="use --nodes nodes that run already; this one is the origin")
    parser.add_argument("--backend", default="auto", help="of the nodes started: auto, stock, patched; a list gives each its own")
    parser.add_argument("--slow", type=float, default=1.0, metavar="FACTOR", help="allow so many times the usual time")
    parser.add_argument("--effort", type=part, default=1.0, metavar="PART", help="do so much of our programs' repetitions, 0 to 1")
    parser.add_argument("--settle", type=int, default=SETTLE_MS, metavar="MS", help="time for threads to move (default %(default)s)")
    parser.add_argument("--input-mib", type=int, default=32, metavar="N", help="size of the packaged programs' input (32)")
    parser.add_argument("--strace", metavar="DIR", help="attach strace -f to each shared program; its output goes there")
    parser.add_argument("--list", action="store_true", help="print the cases and end")


def settle_process():
    """Prepares this process: its mark, no core files of crashes that are expected, an orderly end at SIGTERM."""
    os.environ[MARK_NAME] = MARK
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


# Seconds between two moves of threads that are moved late.
LATE = (0.2, 0.5)
# The same of children, which don't live long.
CHILDREN = (0.05, 0.1)


def build(directory, what):
    """Builds our own programs. A test machine comes with them built and with no compiler."""
    if shutil.which("make"):
        run = subprocess.run(["make", "-s", "-C", str(directory)], capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"{what} do not build:\n{run.stdout}{run.stderr}")


class Runner:
    """One cluster at a time, kept from case to case until a case fails or `nodes` changes.

    `options` are those of add_arguments; `nodes` is how many nodes the cluster has; `pace` is the shortest and the longest
    time between two moves of a mover, in seconds.
    """

    def __init__(self, options, nodes, prefix, pace=(0.002, 0.02)):
        self.options = options
        self.pace = pace
        self.nodes = nodes
        self.cluster = None
        self.started = time.monotonic()
        self.report = Report()
        self.traced = 0
        self.work = Path(tempfile.mkdtemp(prefix=prefix))
        self.inputs = self.work / "inputs"
        self.inputs.mkdir()

    def start(self):
        if self.cluster is not None and self.cluster.count != self.nodes:
            self.stop()
        if self.cluster is None:
            options = self.options
            if options.existing:
                cluster = ExistingCluster(options.existing, self.nodes, options.slow, options.quick)
            else:
                cluster = Cluster(
                    self.nodes,
                    arguments=patience(options.slow),
                    startup=60.0 * options.slow,
                    keep=options.keep_logs,
                    backends=options.backend.split(","),
                    quick=options.quick,
                )
            cluster.start()
            self.cluster = cluster

    def stop(self):
        """Stops the nodes; what they did wrong at it is a failure of its own."""
        if self.cluster is None:
            return
        complaints = self.cluster.stop()
        self.cluster = None
        for complaint in complaints:
            self.report.say("fail", "stopping the nodes", complaint)

    def watcher(self, case, label, departure, seed):
        """What accompanies a shared run, beside or after its `departure`; `seed` (any text) is a mover's, None: no mover."""
        watch = departure
        if case.moves == "children":
            return Children(self.cluster, *((case.name, *CHILDREN) if seed is None else (seed, *self.pace)))
        if seed is not None:
            watch = Mover(self.cluster, departure, seed, *self.pace)
        elif self.moved_late(case):
            watch = Mover(self.cluster, departure, case.name, *LATE)
        elif case.moves == "whole":
            watch = WholeMove(self.cluster, departure)
        if self.options.strace:
            watch = Strace(self.cluster, Path(self.options.strace) / label, watch)
        return watch

    def moved_late(self, case):
        """Whether threads start at the origin, to be moved from there one by one."""
        return case.hasty and self.options.slow > 1

    def obstacle(self, case):
        """Why a case can't be run: a verdict and its reason; None if it can."""
        if self.options.limit and time.monotonic() - self.started > self.options.limit:
            return "fail", f"not begun: the limit of {self.options.limit:.0f} s was used up before it"
        if not case_list.installed(case):
            return "skip", f"{case.command[0]} is not installed"
        return None

    def limit(self, case):
        return case.timeout * self.options.slow

    def native(self, case, directory, prefix=()):
        """Runs a case as it is, behind the command words of `prefix`; returns its Outcome. Raises Stuck."""
        # Nothing has to be moved natively, so nothing has to wait for it.
        wanted = {"EFFORT": self.options.effort, "SETTLE_MS": 0}
        return execute(case, list(prefix) + list(case.command), directory, self.inputs, wanted, self.limit(case))[0]

    def native_complaints(self, case, native):
        """In which way a native run did not end as it must."""
        if native.status != case.status:
            return [f"natively it ended with status {native.status}: {native.stderr[-300:]!r}"]
        return []

    def shared(self, case, label, directory, native, seed=None):
        """Runs a case on the nodes; returns what differs from `native`, and where it ran. Raises Stuck and ClusterError."""
        self.start()
        departure = Departure(self.cluster, directory / "departed")
        watch = self.watcher(case, label, departure, seed)
        command = self.cluster.command(case.command, place="none" if self.moved_late(case) else "spread")
        if case.moves == "children":
            command = list(case.command)
        wanted = {"EFFORT": self.options.effort, "SETTLE_MS": self.options.settle, "HITOTSU_CI_DEPARTED": departure.mark}
        shared, pid = execute(case, command, directory, self.inputs, wanted, self.limit(case), watch)
        complaints = compare(case, native, shared)
        if case.verify and not complaints:
            check = subprocess.run(case.verify, cwd=directory / "here", capture_output=True, check=False)
            if check.returncode:
                complaints.append(f"{shlex.join(case.verify)}: {check.stderr[-300:]!r}")
        more, ran = self.whereabouts(pid, watch)
        complaints += more
        if complaints and shared.stderr:
            complaints.append(f"its standard error ends: {shared.stderr[-300:]!r}")
        return complaints, ran

    def whereabouts(self, pid, watch):
        """Complaints about where a process ran and about who accompanied it, and both in words."""
        if isinstance(watch, Children):
            return watch.whereabouts()
        complaints = []
        program = self.cluster.program(pid)
        seen = visited(program)
        ran = where(program)
        if isinstance(watch, Strace):
            complaints += [watch.complaint] if watch.complaint else []
            ran += "; traced" if watch.attached else ""
            self.traced += watch.attached
            watch = watch.inner
        if isinstance(watch, Mover):
            seen |= watch.visited
            complaints += [watch.complaint] if watch.complaint else []
            ran += f"; {watch.text()}"
        if program is None:
            complaints.append("the node does not list the program: it did not run shared")
        elif len(seen) < 2:
            complaints.append("no thread has run on another node")
        return complaints, ran

    def run(self, case, name, label, native=None, seed=None):
        """Runs a case on the nodes and compares it with `native`, or with a native run made now; reports it as `name`.

        `label` names it in --keep-logs and --strace. Returns whether nothing failed. A cluster with which something failed is
        stopped: the next case must not suffer from what this one broke.
        """
        directory = self.work / case.name.replace("/", ".")
        started = time.monotonic()
        failed = True
        try:
            if native is None:
                native = self.native(case, directory)
                complaints = self.native_complaints(case, native)
                if complaints:
                    self.report.say("fail", name, "; ".join(complaints))
                    return False
            complaints, ran = self.shared(case, label, directory, native, seed)
            took = time.monotonic() - started
            failed = bool(complaints) and not case.limit
            if complaints and case.limit:
                self.report.say("skip", name, f"known to differ: {case.limit}", ran, took)
            else:
                self.report.say("fail" if failed else "pass", name, "; ".join(complaints), ran, took)
        except Stuck as stuck:
            self.report.say("fail", name, f"did not end within {self.limit(case):.0f} s:\n{stuck}\n  ", self.whereabouts_of(stuck))
        except (ClusterError, OSError) as error:
            self.report.say("fail", name, f"the nodes: {error}")
        finally:
            if failed:
                self.keep(directory, label)
                self.stop()
            shutil.rmtree(directory, ignore_errors=True)
        return not failed

    def whereabouts_of(self, stuck):
        try:
            return where(self.cluster.program(stuck.pid)) if self.cluster else "natively"
        except (ClusterError, OSError):
            return "the node does not answer"

    def keep(self, directory, label):
        if self.options.keep_logs and directory.exists():
            shutil.copytree(directory, Path(self.options.keep_logs) / label, dirs_exist_ok=True)

    def close(self):
        self.stop()
        shutil.rmtree(self.work, ignore_errors=True)


def choose(cases, only, skip, what):
    """The cases named in `only` (empty: all) and not in `skip`. A case is named by its name or by what follows its area."""
    known = {alias for case in cases for alias in aliases(case)}
    for name in only + skip:
        if name not in known:
            sys.exit(f"{what}: no case {name}; `ci/{what} --list` prints them")
    return [
        case
        for case in cases
        if (not only or aliases(case) & set(only)) and not aliases(case) & set(skip)
    ]


def aliases(case):
    return {case.name, case.name.rsplit("/", 1)[-1]}
