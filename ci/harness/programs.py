# SPDX-License-Identifier: Apache-2.0
"""The cases of ci/transparency: programs of one behaviour each, described by lines in their sources."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from .cases import Case

PROGRAMS = Path(__file__).resolve().parents[1] / "transparency.d"
LINE = re.compile(r"^/\* (Proves|Ends|Input|Limit): (.*?) \*/$", re.MULTILINE)
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
    """Every program that ci/transparency.d builds, as AREA/NAME; a source that says not what it proves is an error.

    `litmus_runs`: how often each shape of the area `litmus` is tried, in all its forms together; None: as often as it likes.
    """
    found = []
    for source in sorted(PROGRAMS.glob("*/*.c")):
        name = f"{source.parent.name}/{source.stem}"
        said = dict(LINE.findall(source.read_text(encoding="utf-8")))
        if "Proves" not in said:
            raise ValueError(f"{source}: no line /* Proves: … */")
        command, timeout = (str(PROGRAMS / "build" / name),), Case.timeout
        if litmus_runs and source.parent.name == "litmus":
            # The number of threads is the shape's own.
            command += ("4", str(-(-litmus_runs // LITMUS_FORMS)))
            timeout += litmus_runs * LITMUS_SECONDS
        found.append(
            Program(
                name,
                command,
                timeout=timeout,
                status=status(said.get("Ends", "0")),
                stdin=(said["Input"] + "\n").encode() if "Input" in said else b"",
                proves=said["Proves"],
                limit=said.get("Limit", ""),
            )
        )
    return found


def status(text):
    """What a parent sees of `7` or of `SIGABRT`: as subprocess gives it."""
    return int(text) if text.isdigit() else -signal.Signals[text]
