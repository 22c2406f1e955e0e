# SPDX-License-Identifier: Apache-2.0
"""What the parts of ci/vm share: the cache, running a command, and how an error is said."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CACHE = Path(
    os.environ.get("HITOTSU_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hitotsu"
)
# Cached things of a kind that are kept; an older one that was not used for so long goes.
KEPT = 4
KEPT_SECONDS = 6 * 3600


class VmError(Exception):
    """Something that ci/vm needs is not there or does not work; the text says what and what to do."""


def say(text):
    """Progress, for people: stdout belongs to what runs in the guests."""
    print(f"vm: {text}", file=sys.stderr, flush=True)


def output(*command, cwd=None):
    """Standard output of a command that must succeed."""
    run = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    if run.returncode:
        raise VmError(f"{' '.join(map(str, command))} ended with status {run.returncode}:\n{run.stdout}{run.stderr}")
    return run.stdout


def hash_of(*parts):
    """A short name for contents: of bytes, text, or files given as Path."""
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        total.update(b"%d " % len(data) + data)
    return total.hexdigest()[:16]


@contextlib.contextmanager
def lock(name):
    """Holds the cache's lock of that name: two runs at once make a thing once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(kind, key, suffix, make, what):
    """CACHE/vm/KIND-KEY.SUFFIX; made by `make(path, scratch)`, in which `scratch` is an empty directory, if it is not there."""
    directory = CACHE / "vm"
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{kind}-{key}{suffix}"
    with lock(f"vm-{kind}"):
        if not target.exists():
            started = time.monotonic()
            scratch = Path(tempfile.mkdtemp(prefix="new-", dir=directory))
            try:
                made = scratch / "made"
                (scratch / "scratch").mkdir()
                make(made, scratch / "scratch")
                made.rename(target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            size = f", {target.stat().st_size / 1e6:.0f} MB" if target.is_file() else ""
            say(f"made {what} in {time.monotonic() - started:.1f} s{size}")
        os.utime(target)
        prune(directory, kind)
    return target


def prune(directory, kind):
    """Drops what was not used lately; what a machine has open lives on until it ends."""
    things = sorted(directory.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in things[KEPT:]:
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
