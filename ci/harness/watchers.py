# SPDX-License-Identifier: Apache-2.0
"""What may accompany a shared program while it runs: each is called with its process, in a thread of its own."""

import random
import subprocess
import time

from .cluster import ClusterError, descendants, visited, where


class Departure:
    """Makes the file `mark` once a thread of the program has been on another node: our programs wait for it in settle().

    A `mark` of None: nobody waits, and nothing is looked at.
    """

    def __init__(self, cluster, mark):
        self.cluster = cluster
        self.mark = mark
        self.told = mark is None

    def __call__(self, process):
        while process.poll() is None and not self.told:
            try:
                self.seen(visited(self.cluster.program(process.pid)))
            except (ClusterError, OSError):
                return
            time.sleep(0.02)

    def seen(self, ids):
        """Takes the ids of all nodes on which threads of the program have been so far."""
        if len(ids) > 1 and not self.told:
            self.mark.touch()
            self.told = True


class Mover:
    """Moves threads of one program at random until it ends, the next after `low` to `high` seconds.

    It rests at least as long as the last move took: where moves are slow, under emulation, the program would be on its way
    all the time otherwise, and compute next to nothing. And it moves ever more seldom, for a program with much memory, which
    would do little but fetch it: some hundred times in the first seconds, some thousand times in the first minutes. It tells
    `departure` where they have been.
    """

    # Part of the time since the program's start that it rests at least.
    CALMING = 1 / 500

    def __init__(self, cluster, departure, seed, low=0.002, high=0.02):
        self.cluster = cluster
        self.departure = departure
        self.random = random.Random(seed)
        self.low = low
        self.high = high
        self.moves = 0
        self.refused = 0
        self.complaint = None
        # Ids of the nodes that its threads have been on, in any program that the process has executed.
        self.visited = set()

    def __call__(self, process):
        ids = self.cluster.ids()
        began = time.monotonic()
        took = 0
        while process.poll() is None:
            time.sleep(max(self.random.uniform(self.low, self.high), took, (time.monotonic() - began) * self.CALMING))
            started = time.monotonic()
            try:
                program = self.cluster.program(process.pid, ended=False)
                self.visited |= visited(program)
                self.departure.seen(self.visited)
                alive = [t for t in (program or {}).get("threads", []) if t.get("state") != "ended"]
                if not alive:
                    continue
                self.cluster.migrate(process.pid, self.random.choice(alive)["tid"], self.random.choice(ids))
                self.moves += 1
            except ClusterError:
                # The thread has ended meanwhile, or is on its way already.
                self.refused += 1
            except OSError as error:
                self.complaint = f"the node of its origin does not answer: {error}"
                return
            took = time.monotonic() - started

    def text(self):
        return f"moves: {self.moves}, refused: {self.refused}"


class WholeMove:
    """Moves a program of one thread to the second node as soon as the daemon knows it; then calls `departure`."""

    def __init__(self, cluster, departure):
        self.cluster = cluster
        self.departure = departure

    def __call__(self, process):
        target = self.cluster.ids()[1]
        while process.poll() is None:
            try:
                program = self.cluster.program(process.pid)
                if program and program.get("threads"):
                    self.cluster.migrate(process.pid, program["threads"][0]["tid"], target)
                    break
            except ClusterError:
                pass
            except OSError:
                return
            time.sleep(0.01)
        self.departure(process)


class Children:
    """Shares every process that a program starts, of whatever generation, and moves their threads at random like a Mover.

    The program itself runs natively. It is for those that do all their work in children, which are not shared with it.
    """

    def __init__(self, cluster, seed, low, high):
        self.cluster = cluster
        self.random = random.Random(seed)
        self.low = low
        self.high = high
        self.moves = 0
        self.shared = set()
        # Process -> why it could not be shared, or a thread of it not be moved, when that was last refused.
        self.refused = {}

    def __call__(self, process):
        ids = self.cluster.ids()
        while process.poll() is None:
            try:
                for pid, _ in descendants(process.pid):
                    if pid not in self.shared:
                        self.share(pid)
                self.move(ids)
            except OSError:
                return
            time.sleep(self.random.uniform(self.low, self.high))

    def share(self, pid):
        try:
            self.cluster.admin().call("share", pid=pid, place="none")
            self.shared.add(pid)
            self.refused.pop(pid, None)
        except ClusterError as error:
            self.refused[pid] = str(error)

    def move(self, ids):
        programs = [program for program in self.cluster.programs(ended=False) if program.get("pid") in self.shared]
        alive = [(p["pid"], t) for p in programs for t in p.get("threads", []) if t.get("state") != "ended"]
        if alive:
            pid, thread = self.random.choice(alive)
            # Most threads of some programs end before they are moved: of the few others none is wasted on where it is.
            elsewhere = [node for node in ids if node != thread.get("node")]
            try:
                self.cluster.migrate(pid, thread["tid"], self.random.choice(elsewhere))
                self.moves += 1
            except ClusterError as error:
                # It has ended meanwhile, or can't leave now.
                self.refused[pid] = str(error)

    def whereabouts(self):
        """Complaints, and in words where the children ran."""
        programs = [program for program in self.cluster.programs() if program.get("pid") in self.shared]
        text = "; ".join(f"{program['pid']}: {where(program)}" for program in programs[:4])
        text += f"; shared: {len(self.shared)}, refused: {len(self.refused)}, moves: {self.moves}"
        if any(len(visited(program)) > 1 for program in programs):
            return [], text
        return ["no thread of a child has run on another node" + "".join(f"; {why}" for why in set(self.refused.values()))], text


class Strace:
    """Attaches strace to a program as soon as the daemon knows it, and stays until it ends; then calls `inner` as well."""

    def __init__(self, cluster, output, inner):
        self.cluster = cluster
        self.output = output
        self.inner = inner
        self.complaint = None
        self.attached = False

    def __call__(self, process):
        tracer = None
        while process.poll() is None and tracer is None:
            try:
                if (self.cluster.program(process.pid) or {}).get("threads"):
                    command = ["strace", "-f", "-qq", "-o", str(self.output), "-p", str(process.pid)]
                    tracer = subprocess.Popen(
                        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
                    )
            except (ClusterError, OSError):
                pass
            time.sleep(0.01)
        if self.inner:
            self.inner(process)
        if tracer is None:
            return
        process.wait()
        try:
            _, said = tracer.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            tracer.kill()
            _, said = tracer.communicate()
            self.complaint = "strace did not see the program's end"
        self.attached = self.output.exists() and self.output.stat().st_size > 0
        # A program that has ended before strace came is nobody's fault.
        if not self.attached and "No such process" not in said:
            self.complaint = f"strace could not be attached: {said.strip()}"
