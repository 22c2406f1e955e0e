# SPDX-License-Identifier: Apache-2.0
"""The cases of ci/e2e: our own workloads, and packaged programs that know nothing of hitotsu."""

import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

WORKLOADS = Path(__file__).resolve().parents[1] / "workloads"


@dataclass(frozen=True)
class Case:
    """A command to run twice, natively and shared, each time in a fresh directory holding `inputs`."""

    name: str
    command: tuple
    # The status it must end with natively; negative: the signal that kills it. Shared it must be the same.
    status: int = 0
    # "threads": some thread must have run on another node. "whole": the program is one thread, and is moved by request.
    # "children": it runs natively, what it forks is shared while it runs.
    moves: str = "threads"
    stdin: bytes = b""
    environment: dict = field(default_factory=dict)
    # Files by name in the case's directory, from the harness's own inputs.
    inputs: tuple = ()
    # Run natively, in the directory of the shared run, when both have ended: a command that must exit 0.
    verify: tuple = ()
    # Whether standard error is part of what must be equal (not where it holds times).
    stderr: bool = True
    # A pattern in output files that is no part of what must be equal: a date of rendering.
    ignore: bytes = b""
    timeout: float = 45.0
    # Whether it gives up when its threads don't start within seconds of its own: on slow machines they are moved later.
    hasty: bool = False
    # Why it may end otherwise when shared, if that is known (docs/limits.md): a difference is no failure then.
    limit: str = ""


def workloads():
    """Every program that ci/workloads builds."""
    special = {
        "compute": dict(moves="whole", arguments=("1", "600")),
        "echo": dict(
            status=3,
            arguments=("two words", "", "$HOME *", "ümlaut"),
            stdin=b"".join(b"line %d of the input\n" % i for i in range(5000)),
            environment={"ECHO_ME": "what was given"},
        ),
        "worker_exit": dict(status=7),
        "worker_abort": dict(status=-6),
        "worker_crash": dict(status=-11),
    }
    cases = []
    for path in sorted((WORKLOADS / "build").iterdir()):
        options = dict(special.get(path.name, {}))
        command = (str(path),) + tuple(options.pop("arguments", ()))
        cases.append(Case(path.name, command, **options))
    return cases


def packaged():
    """Programs of the distribution; one that is not installed is left to the caller to skip, by its name."""
    sort_environment = {"TMPDIR": "."}
    python = (
        "import threading,hashlib,os\n"
        "out=[None]*4\n"
        # The interpreter's lock and all that it guards go from node to node at each round: under emulation, for seconds.
        "rounds=1+int(99*float(os.environ.get('EFFORT','1'))**2)\n"
        "def work(i):\n"
        "    h=hashlib.sha256()\n"
        "    for k in range(rounds):\n"
        "        h.update(bytes([i])*60000); [].append(sum(range(500)))\n"
        "    out[i]=h.hexdigest()\n"
        "ts=[threading.Thread(target=work,args=(i,)) for i in range(4)]\n"
        "[t.start() for t in ts];[t.join() for t in ts]\n"
        "print(*out,sep='\\n')\n"
    )
    return [
        Case("pigz", ("pigz", "-k", "-p", "4", "data"), inputs=("data",), verify=("pigz", "-t", "data.gz"), timeout=120),
        Case(
            "xz",
            ("xz", "-k", "-1", "-T", "4", "--block-size=2MiB", "data"),
            inputs=("data",),
            verify=("xz", "-t", "data.xz"),
            timeout=180,
        ),
        Case(
            "zstd",
            ("zstd", "-q", "-k", "-6", "-T4", "data"),
            inputs=("data",),
            verify=("zstd", "-q", "-t", "data.zst"),
            timeout=120,
        ),
        Case(
            "primesieve",
            ("primesieve", "1e9", "-c", "-t4", "-q"),
            # It starts no more threads than there are processors, and none where there is one.
            moves="threads" if len(os.sched_getaffinity(0)) > 1 else "whole",
            timeout=120,
        ),
        Case(
            "sort",
            ("sort", "--parallel=4", "-S", "64M", "-o", "sorted", "lines"),
            inputs=("lines",),
            environment=sort_environment,
            verify=("sort", "-c", "sorted"),
            timeout=120,
        ),
        Case("python3", ("/usr/bin/python3", "-c", python), timeout=120),
        Case(
            "povray",
            ("povray", "size.ini", "+Iscene.pov", "+Oscene.ppm", "+FP", "+WT4", "+A0.3", "-D", "-GA"),
            inputs=("scene.pov", "size.ini"),
            stderr=False,
            ignore=rb"# Render Date: .*",
            hasty=True,
            timeout=180,
        ),
    ]


def installed(case):
    return shutil.which(case.command[0]) is not None


def make_inputs(directory, mebibytes=32):
    """Writes the inputs of packaged programs: `mebibytes` of data, as many lines and as large a picture as go with it.

    They are the same bytes each time.
    """
    # As emulated machines ask for.
    small = mebibytes <= 4
    rng = random.Random(20111)
    words = [bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 11))) for _ in range(4000)]
    chunk = bytearray()
    while len(chunk) < 1 << 20:
        chunk += rng.choice(words) + b" "
        if rng.random() < 0.02:
            chunk += rng.randbytes(40)
    with open(Path(directory) / "data", "wb") as data:
        # Turned and salted at each repetition, so that no compressor's window holds it all.
        for i in range(mebibytes):
            turn = (i * 77777) % len(chunk)
            data.write(bytes(chunk[turn:] + chunk[:turn])[: (1 << 20) - 64] + rng.randbytes(64))
    with open(Path(directory) / "lines", "wb") as lines:
        # sort(1) starts a thread for each 131,072 lines. They write to each line that they put out, in turns: where that is
        # dear, to few pages.
        for _ in range(max(mebibytes * 300000 // 32, 135000)):
            number = rng.randrange(1 << 40)
            lines.write(b"%x\n" % (number >> 20) if small else b"%d %s\n" % (number, rng.choice(words)))
    shutil.copyfile(WORKLOADS / "scene.pov", Path(directory) / "scene.pov")
    width = 96 if small else 160
    (Path(directory) / "size.ini").write_text(f"Width={width}\nHeight={width * 3 // 4}\n")
