# SPDX-License-Identifier: Apache-2.0
"""The cases of ci/transparency: programs of one behaviour each, described by lines in their sources."""

import re
import shlex
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from .cases import Case

PROGRAMS = Path(__file__).resolve().parents[1] / "transparency.d"
LINE = re.compile(r"^(?:/\*|#) (Proves|Ends|Input|Check|Limit|Limit with /dev/hitotsu|Limit without /dev/hitotsu|Options): (.*?)(?: \*/)?$", re.MULTILINE)
# Source -> who builds it, and what runs it. What has no builder is run as it is.
BUILDERS = {".c": "gcc", ".cpp": "g++", ".go": "go", ".rs": "rustc", ".java": "javac"}
RUNNERS = {".java": ("java",), ".py": ("/usr/bin/python3",), ".js": ("node",)}
# Programs of a runtime are long, and each thread of theirs shares pages with every other.
RUNTIME_SECONDS = 240.0
# With it here, nodes take the patched back-end, which has limits of its own, unless they are told otherwise.
DEVICE = Path("/dev/hitotsu")
# What a program ends with natively that can't try its behaviour on this computer; it says why on standard error.
CANNOT_TRY = 77
# Each shape is tried plain, fenced and locked, with its variables on pages of their own and on one.
LITMUS_FORMS = 6
# What one run of a shape may take where pages change hands at each access.
LITMUS_SECONDS = 0.01


@dataclass(frozen=True)
class Program(Case):
    """A case, and what it proves, in words."""

    proves: str = ""


def programs(litmus_runs=None):
    """Every program that ci/transparency.d holds, as AREA/NAME; a source that says not what it proves is an error.

    `litmus_runs`: how often each shape of the area `litmus` is tried, in all its forms together; None: as often as it likes.
    """
    found = []
    for source in sorted(PROGRAMS.glob("*/*.*")):
        if source.suffix not in BUILDERS and source.suffix not in RUNNERS:
            continue
        name = f"{source.parent.name}/{source.stem}"
        said = dict(LINE.findall(source.read_text(encoding="utf-8")))
        if "Proves" not in said:
            raise ValueError(f"{source}: no line /* Proves: … */")
        options = said.get("Options", "")
        more = {"timeout": RUNTIME_SECONDS} if source.parent.name == "runtimes" else {}
        if litmus_runs and source.parent.name == "litmus":
            # The number of threads is the shape's own.
            options = f"4 {-(-litmus_runs // LITMUS_FORMS)}"
            more = {"timeout": Case.timeout + litmus_runs * LITMUS_SECONDS}
        found.append(
            Program(
                name,
                command(source, name, options),
                status=status(said.get("Ends", "0")),
                stdin=(said["Input"] + "\n").encode() if "Input" in said else b"",
                verify=command(source, name, said["Check"]) if "Check" in said else (),
                proves=said["Proves"],
                limit=said.get("Limit") or said.get(f"Limit {'with' if DEVICE.exists() else 'without'} /dev/hitotsu", ""),
                **more,
            )
        )
    return found


def command(source, name, options):
    """What runs a program; where it could not be built for want of a compiler, that compiler, which is the caller's to miss."""
    runner = RUNNERS.get(source.suffix, ())
    if source.suffix not in BUILDERS:
        return (*runner, *shlex.split(options), str(source))
    built = PROGRAMS / "build" / (f"{name}.jar" if source.suffix == ".java" else name)
    builder = BUILDERS[source.suffix]
    if not built.exists() and not shutil.which(builder):
        return (builder,)
    if source.suffix == ".java":
        return (*runner, *shlex.split(options), "-jar", str(built))
    return (str(built), *shlex.split(options))


def status(text):
    """What a parent sees of `7` or of `SIGABRT`: as subprocess gives it."""
    return int(text) if text.isdigit() else -signal.Signals[text]
