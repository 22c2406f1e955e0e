# SPDX-License-Identifier: Apache-2.0
"""Executes a case's command once, and says how two ends of it differ."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid

from .cluster import describe_stuck, environment
from .leftovers import marked

# In the environment of all that this harness starts; for harness.leftovers.
MARK_NAME = "HITOTSU_CI_MARK"
MARK = uuid.uuid4().hex
# In that of one execution only, so that what a stuck program leaves can be told from the nodes.
RUN_NAME = "HITOTSU_CI_RUN"
LOOK_SECONDS = 0.5
CORE = re.compile(r"core(\.\d+)?")


class Outcome:
    """How a command ended: status as the parent sees it, output, and files by name."""

    def __init__(self, status, stdout, stderr, files):
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.files = files


class Stuck(Exception):
    """A case ran out of time; the text says what its threads were waiting for."""

    def __init__(self, pid, text):
        super().__init__(text)
        self.pid = pid


def collect(directory):
    """Contents of all files below a directory; a symbolic link counts as its target's name.

    Core files are left out: they hold process ids and times.
    """
    files = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if CORE.fullmatch(name):
            continue
        if path.is_symlink():
            files[name] = os.readlink(path).encode()
        elif path.is_file():
            files[name] = path.read_bytes()
    return files


def prepare(case, base, inputs):
    """Makes a fresh `base`/here with the case's inputs, the same path each time, for the command may print it."""
    shutil.rmtree(base, ignore_errors=True)
    directory = base / "here"
    directory.mkdir(parents=True)
    for name in case.inputs:
        # With its times, which compressors put into their output.
        shutil.copy2(inputs / name, directory / name)
    return directory


def execute(case, command, base, inputs, wanted, limit, watch=None):
    """Runs a command in a fresh `base`/here for `limit` seconds at most; returns its Outcome and its pid.

    `wanted` is the environment that our own programs go by. `watch` is called with the process at once, in a thread of its
    own, and may run until the process has ended.
    """
    directory = prepare(case, base, inputs)
    status, stdout, stderr, pid = run_in(case, command, directory, base / "streams", wanted, limit, watch)
    return Outcome(status, stdout, stderr, collect(directory)), pid


def run_in(case, command, directory, streams, wanted, limit, watch=None):
    """Runs a command in `directory`, its standard streams in files of `streams`; returns status, output, error output, pid."""
    run = uuid.uuid4().hex
    env = environment(**wanted, **case.environment)
    env[MARK_NAME] = MARK
    # As a shell would have it: one that starts with a wrong one puts it right, and hitotsu is such a shell.
    env["PWD"] = str(directory)
    env[RUN_NAME] = run
    streams.mkdir(exist_ok=True)
    (streams / "in").write_bytes(case.stdin)
    with open(streams / "in", "rb") as given, open(streams / "out", "wb") as out, open(streams / "err", "wb") as err:
        process = subprocess.Popen(
            command, cwd=directory, env=env, stdin=given, stdout=out, stderr=err, start_new_session=True
        )
        watcher = None
        if watch:
            watcher = threading.Thread(target=watch, args=(process,), daemon=True)
            watcher.start()
        try:
            status = wait(process, limit)
        except subprocess.TimeoutExpired:
            text = describe_stuck(process.pid)
            end(process, run)
            raise Stuck(process.pid, text) from None
        except BaseException:
            end(process, run)
            raise
        finally:
            if watcher:
                # It talks on a connection that is used by others after it; what it waits for there has a limit.
                watcher.join()
    return status, (streams / "out").read_bytes(), (streams / "err").read_bytes(), process.pid


def wait(process, limit):
    """The status of a process that ends within `limit` seconds; else raises subprocess.TimeoutExpired.

    Of time in which the computer stood still, as a suspended virtual machine does, next to nothing counts.
    """
    while True:
        began = time.monotonic()
        try:
            return process.wait(min(limit, LOOK_SECONDS))
        except subprocess.TimeoutExpired:
            limit -= min(time.monotonic() - began, 2 * LOOK_SECONDS)
            if limit <= 0:
                raise


def end(process, run):
    """Kills an execution and what it has started, each by its pid."""
    process.kill()
    process.wait()
    for pid in marked(f"{RUN_NAME}={run}"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def first_difference(expected, got):
    """Where two byte strings part, as text."""
    limit = min(len(expected), len(got))
    at = next((i for i in range(limit) if expected[i] != got[i]), limit)
    return f"{len(got)} bytes in place of {len(expected)}, from byte {at}: {got[at : at + 60]!r} for {expected[at : at + 60]!r}"


def compare(case, native, shared):
    """Says each way in which the shared run differs from the native one."""
    complaints = []
    if shared.status != native.status:
        complaints.append(f"status {shared.status} in place of {native.status}")
    if shared.stdout != native.stdout:
        complaints.append(f"standard output: {first_difference(native.stdout, shared.stdout)}")
    if case.stderr and shared.stderr != native.stderr:
        complaints.append(f"standard error: {first_difference(native.stderr, shared.stderr)}")
    for name in sorted(set(native.files) | set(shared.files)):
        if name not in shared.files:
            complaints.append(f"file {name} is missing")
        elif name not in native.files:
            complaints.append(f"file {name} should not be there")
        else:
            one, other = native.files[name], shared.files[name]
            if case.ignore:
                one, other = re.sub(case.ignore, b"", one), re.sub(case.ignore, b"", other)
            if one != other:
                complaints.append(f"file {name}: {first_difference(one, other)}")
    return complaints
