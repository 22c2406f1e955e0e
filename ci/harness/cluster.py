# SPDX-License-Identifier: Apache-2.0
"""Starts nodes on loopback, talks to their administration sockets, and stops exactly what it started."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import proc
from .admin import Admin, ClusterError

TREE = Path(__file__).resolve().parents[2]
HITOTSU = str(TREE / "hitotsu")
QUICK_RUN = Path(__file__).resolve().parent / "quick_run.py"
READY = re.compile(r"\bready\b", re.IGNORECASE)


class Node:
    """One daemon. `cpu` pins it, and so the shadows it starts, to that CPU."""

    def __init__(self, directory, name, port, join=None, cpu=None, arguments=()):
        self.name = name
        self.port = port
        self.socket = Path(directory) / f"{name}.sock"
        self.log = Path(directory) / f"{name}.log"
        command = [HITOTSU, "node", "--listen", f"127.0.0.1:{port}", "--name", name]
        command += ["--socket", str(self.socket), "--metrics", "127.0.0.1:0"]
        if join is not None:
            command += ["--join", f"127.0.0.1:{join}"]
        command += list(arguments)
        if cpu is not None:
            command = ["taskset", "-c", str(cpu)] + command
        with open(self.log, "wb") as log:
            # A process group of its own, so that a terminal's Ctrl-C reaches only the harness, which stops it in order.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def wait_ready(self, timeout):
        deadline = time.monotonic() + timeout
        while not READY.search(self.text()):
            if self.process.poll() is not None:
                raise ClusterError(f"node {self.name} ended with status {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ClusterError(f"node {self.name} is not ready after {timeout} s:\n{self.tail()}")
            time.sleep(0.02)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tail(self, lines=15):
        return "\n".join("    " + line for line in self.text().splitlines()[-lines:])

    def stop(self, timeout=15.0):
        """Asks with SIGTERM, then insists. Returns None, or what was wrong with the end."""
        if self.process.poll() is not None:
            return f"node {self.name} had ended by itself with status {self.process.returncode}:\n{self.tail()}"
        family = descendants(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"node {self.name} had to be killed: it did not end within {timeout} s of SIGTERM:\n{self.tail()}"
        deadline = time.monotonic() + 5
        while any(alive(*member) for member in family):
            if time.monotonic() > deadline:
                left = [str(pid) for pid, started in family if alive(pid, started)]
                return f"node {self.name} left processes behind: {', '.join(left)}"
            time.sleep(0.05)
        if self.process.returncode:
            return f"node {self.name} ended with status {self.process.returncode}:\n{self.tail()}"
        return None


def patience(slow):
    """Options of nodes on a computer `slow` times as slow as usual.

    Emulated time is not even: a node that is only slow must not be taken for lost.
    """
    return ("--lease", "60s", "--ping-interval", "5s") if slow > 1 else ()


class Cluster:
    """`count` nodes that know each other. The first is the origin of everything that run() starts.

    `backends` are the nodes' --backend in order, the last one for all that follow; `quick` has programs started without a
    Java virtual machine.
    """

    def __init__(self, count=2, cpus=None, arguments=(), startup=60.0, keep=None, backends=("auto",), quick=False):
        self.count = count
        self.backends = list(backends)
        self.quick = quick
        self.cpus = cpus
        self.arguments = arguments
        self.startup = startup
        self.keep = keep
        self.nodes = []
        self.admins = {}
        self.directory = None

    def start(self):
        self.directory = Path(tempfile.mkdtemp(prefix="hitotsu-ci-"))
        try:
            for i in range(self.count):
                backend = self.backends[min(i, len(self.backends) - 1)]
                node = Node(
                    self.directory,
                    f"n{i + 1}",
                    free_port(),
                    join=self.nodes[0].port if i else None,
                    cpu=self.cpus[i] if self.cpus else None,
                    arguments=self.arguments if backend == "auto" else (*self.arguments, "--backend", backend),
                )
                self.nodes.append(node)
                node.wait_ready(self.startup)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        """Stops the nodes, the last first. Returns complaints: an empty list if all ended as they should."""
        complaints = []
        for admin in self.admins.values():
            admin.close()
        self.admins = {}
        for node in reversed(self.nodes):
            complaint = node.stop()
            if complaint:
                complaints.append(complaint)
        for node in self.nodes:
            if node.socket.exists():
                complaints.append(f"node {node.name} left its socket {node.socket}")
                node.socket.unlink()
            if self.keep:
                Path(self.keep).mkdir(parents=True, exist_ok=True)
                target = Path(self.keep) / f"{self.directory.name}-{node.name}.log"
                target.write_bytes(node.log.read_bytes())
            node.log.unlink(missing_ok=True)
        if self.directory and self.directory.exists():
            for left in self.directory.iterdir():
                complaints.append(f"left in the nodes' directory: {left.name}")
                if not left.is_dir():
                    left.unlink()
            self.directory.rmdir()
        self.nodes = []
        return complaints

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def command(self, program, nodes="all", place="spread"):
        """The command line that runs `program` (a list of words) through the first node."""
        if self.quick and nodes == "all":
            return [sys.executable, "-I", "-S", str(QUICK_RUN), str(self.nodes[0].socket), place] + list(program)
        line = [HITOTSU, "run", "--socket", str(self.nodes[0].socket), "--place", place]
        if nodes != "all":
            line += ["--nodes", nodes]
        return line + ["--"] + list(program)

    def admin(self, index=0):
        if index not in self.admins:
            self.admins[index] = Admin(self.nodes[index].socket)
        return self.admins[index]

    def programs(self, index=0, ended=True):
        """Every shared process the node knows, ended ones too unless told, as `hitotsu ps --json [--all]` prints them."""
        return self.admin(index).call("programs", all=ended).get("programs", [])

    def program(self, pid, ended=True):
        """The shared process with this pid at the origin, the latest if a pid came twice; None if there is none."""
        found = [program for program in self.programs(ended=ended) if program.get("pid") == pid]
        return found[-1] if found else None

    def migrate(self, pid, tid, node):
        """Asks for thread `tid` of the process to go to the node with this id; tid None: every thread."""
        members = {"pid": pid, "node": node}
        if tid is not None:
            members["tid"] = tid
        return self.admin().call("migrate", **members)

    def ids(self):
        """Ids of all nodes in the order of start."""
        by_name = {node["name"]: node["id"] for node in self.admin().call("nodes").get("nodes", [])}
        return [by_name[node.name] for node in self.nodes]


class ExistingNode:
    """A node that somebody else has started on this computer, by its administration socket."""

    def __init__(self, path):
        self.socket = Path(path)


class ExistingCluster(Cluster):
    """Nodes that are there already, maybe on other computers: used, and left as they are.

    `path` is the administration socket of the node on this computer, which is the origin; `patience` is how many times as
    long as usual the nodes may take for anything, `quick` has programs started without a Java virtual machine.
    """

    def __init__(self, path, count=2, patience=1.0, quick=False):
        super().__init__(count, startup=60.0 * patience, quick=quick)
        self.path = path
        self.timeout = 60.0 * patience

    def start(self):
        """Returns when all nodes are connected and can host threads of programs of this one."""
        deadline = time.monotonic() + self.startup
        missing = f"the node at {self.path} does not answer"
        while missing:
            if time.monotonic() > deadline:
                raise ClusterError(f"after {self.startup:.0f} s: {missing}")
            time.sleep(0.1)
            try:
                self.nodes = [ExistingNode(self.path)]
                rows = self.rows()
                down = [row["name"] for row in rows if row["state"] == "down"]
                obstacles = [f"{row['name']}: {row['obstacle']}" for row in rows if row.get("obstacle")]
                if obstacles and not down:
                    raise ClusterError("; ".join(obstacles))
                missing = f"{len(rows) - len(down)} of {self.count} nodes are there" if down or len(rows) < self.count else ""
            except OSError:
                self.stop()
        return self

    def stop(self):
        """Closes connections; the nodes go on. Returns complaints: a node that was lost is one."""
        complaints = []
        if self.nodes and self.admins:
            try:
                there = sum(row["state"] != "down" for row in self.rows())
                if there != self.count:
                    complaints.append(f"{there} of {self.count} nodes are left")
            except (ClusterError, OSError) as error:
                complaints.append(f"the node at {self.path}: {error}")
        for admin in self.admins.values():
            admin.close()
        self.admins = {}
        self.nodes = []
        return complaints

    def admin(self, index=0):
        if index not in self.admins:
            self.admins[index] = Admin(self.nodes[index].socket, self.timeout)
        return self.admins[index]

    def rows(self):
        """What the node here says of each node, itself first."""
        return sorted(self.admin().call("nodes").get("nodes", []), key=lambda row: (row["state"] != "self", row["id"]))

    def ids(self):
        return [row["id"] for row in self.rows()]


def stat_of(pid):
    """Fields of /proc/PID/stat from the third on: state, parent, …"""
    return proc.stat(Path(f"/proc/{pid}/stat"))


def descendants(ancestor):
    """(pid, start time) of every process below this one. The start time tells it from a later one of the same pid."""
    parents, starts = {}, {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = stat_of(directory.name)
            parents[int(directory.name)] = int(fields[1])
            starts[int(directory.name)] = int(fields[19])
        except (OSError, IndexError):
            continue
    found, frontier = [], [ancestor]
    while frontier:
        above = frontier.pop()
        for pid, parent in parents.items():
            if parent == above:
                found.append((pid, starts[pid]))
                frontier.append(pid)
    return found


def alive(pid, started):
    try:
        return int(stat_of(pid)[19]) == started
    except (OSError, IndexError):
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def visited(program):
    """Ids of the nodes on which threads of the program have run, its origin included."""
    ids = set()
    for thread in (program or {}).get("threads", []):
        ids.update(thread.get("nodesVisited", []))
    return ids


def where(program):
    """How many threads have been on each node, as text: "n1: 5, n2: 3"."""
    counts = {}
    for thread in (program or {}).get("threads", []):
        for node in set(thread.get("nodesVisited", [])):
            counts[node] = counts.get(node, 0) + 1
    return ", ".join(f"node {node}: {count}" for node, count in sorted(counts.items())) or "no thread is known"


def describe_stuck(pid):
    """What each thread of a process is waiting in, one a line; for a case that ran out of time."""
    lines = []
    for task in sorted(Path(f"/proc/{pid}/task").glob("*")):
        try:
            status = proc.text(task / "status")
            state = re.search(r"State:\s+(\S+)", status).group(1)
            syscall = proc.text(task / "syscall").split()[0]
            wchan = proc.text(task / "wchan")
            lines.append(f"    thread {task.name}: state {state}, system call {syscall}, waits in {wchan}")
        except (OSError, AttributeError, IndexError):
            continue
    return "\n".join(lines)


def environment(**more):
    """This process's environment with `more`, and without what would change a program's output."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HITOTSU_")}
    env.update(LC_ALL="C.UTF-8", **{name: str(value) for name, value in more.items()})
    return env
