# SPDX-License-Identifier: Apache-2.0
"""Finds what a run left behind: processes, memfds, mounts and BPF objects. Kills and removes nothing."""

import json
import os
import subprocess
import time
from pathlib import Path

from . import proc


def marked(mark):
    """Processes whose environment or arguments carry `mark`, this one and its parents aside: pid -> command line.

    The harness puts the mark, a word nobody else uses, into the environment of every node and program it starts, and
    shadows, helpers and children inherit it.
    """
    needle = mark.encode()
    parents = set()
    pid = os.getpid()
    while pid > 1:
        parents.add(pid)
        pid = int(proc.stat(Path(f"/proc/{pid}/stat"))[1])
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        if int(directory.name) in parents:
            continue
        try:
            arguments = (directory / "cmdline").read_bytes()
            if needle in (directory / "environ").read_bytes() or needle in arguments:
                state = proc.stat(directory / "stat")[0]
                comm = proc.text(directory / "comm").strip()
                text = arguments.replace(b"\0", b" ").decode(errors="replace").strip()
                found[int(directory.name)] = f"{comm} (state {state}) {text}"[:160]
        except OSError:
            continue
    return found


def memfds(name="hitotsu"):
    """Inodes of memfds of ours that any process holds open: (pid, fd) of one holder each."""
    found = {}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(link)
            if target.startswith("/memfd:") and name in target:
                found[os.stat(link).st_ino] = (int(link.parts[2]), target)
        except OSError:
            continue
    return found


def mounts():
    return set(proc.text(Path("/proc/self/mountinfo")).splitlines())


def bpf_objects(prefix="hito"):
    """Programs, maps and links whose names start with `prefix`; empty where bpftool is missing or not permitted."""
    found = set()
    for kind in ("prog", "map"):
        try:
            run = subprocess.run(["bpftool", "-j", kind, "show"], capture_output=True, check=False, timeout=20)
            for entry in json.loads(run.stdout or b"[]"):
                if isinstance(entry, dict) and str(entry.get("name", "")).startswith(prefix):
                    found.add((kind, entry["id"], entry["name"]))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            continue
    return found


def bpf_holders():
    """(kind, id) of each BPF program and map -> pids of the processes which hold a descriptor of it."""
    holders = {}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(link)
            if target not in ("anon_inode:bpf-prog", "anon_inode:bpf-map"):
                continue
            pid = int(link.parts[2])
            for line in proc.text(Path(f"/proc/{pid}/fdinfo/{link.name}")).splitlines():
                name, _, value = line.partition(":")
                if name in ("prog_id", "map_id"):
                    holders.setdefault((name[: -len("_id")], int(value)), set()).add(pid)
        except (OSError, ValueError):
            continue
    return holders


class Watch:
    """Remembers what was there; left() tells what has come since and is still there."""

    def __init__(self, mark):
        self.mark = mark
        self.before = (set(marked(mark)), set(memfds()), mounts(), bpf_objects())

    def left(self, patience=10.0):
        """Things left, one line each. What ends by itself, such as a process on its way out, gets `patience` seconds."""
        deadline = time.monotonic() + patience
        while True:
            lines = self._look()
            if not lines or time.monotonic() > deadline:
                return lines
            time.sleep(0.2)

    def counts(self):
        """Numbers of processes, memfds, mounts and BPF objects that have come since and are still there."""
        processes, files, mounted, objects = self._new()
        return {"processes": len(processes), "memfds": len(files), "mounts": len(mounted), "BPF objects": len(objects)}

    def _new(self):
        processes = {pid: text for pid, text in marked(self.mark).items() if pid not in self.before[0]}
        # Another daemon of this machine may make memfds meanwhile: count those whose holder is marked, or is nobody's.
        files = {
            inode: holder
            for inode, holder in memfds().items()
            if inode not in self.before[1] and holder[0] in processes
        }
        return processes, files, mounts() - self.before[2], self._bpf(processes)

    def _bpf(self, processes):
        """New BPF objects but those of another daemon on this machine, which holds them and is none of ours."""
        objects = bpf_objects() - self.before[3]
        holders = bpf_holders() if objects else {}
        return {
            (kind, number, name)
            for kind, number, name in objects
            if not holders.get((kind, number)) or holders[kind, number] & set(processes)
        }

    def _look(self):
        processes, files, mounted, objects = self._new()
        lines = [f"process {pid}: {text}" for pid, text in processes.items()]
        lines += [f"memfd {name} held by process {pid}" for pid, name in files.values()]
        lines += [f"mount {line}" for line in mounted]
        lines += [f"BPF {kind} {number} {name}" for kind, number, name in sorted(objects)]
        return lines
