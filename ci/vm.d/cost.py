#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts guest instructions of system calls and page faults in an unshared process, and compares kernels.

    ci/vm.d/cost.py patched unpatched

Each kernel (named as for ci/vm) boots under QEMU's -icount with cost.c as its only program. Prints for each kind of work
what it costs on each kernel; the exit status is 0 only if that is the same on all. A boot repeats to the instruction:
the machine gets neither the time nor random numbers from outside.
"""

import argparse
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from common import HERE, VmError, cached, hash_of, output  # noqa: E402
from kernels import kernel, member  # noqa: E402
from machine import COMMAND_LINE, QEMU, die_with_parent  # noqa: E402

LINE = re.compile(r"^cost (\w+) (\d+) (\d+): \d+ for (\d+) of (\d+) pieces\r?$", re.MULTILINE)
KINDS = {"getppid", "touch"}


def initramfs():
    """cost.c as init, and the console it prints to."""

    def make(made, scratch):
        program = scratch / "init"
        output("gcc", "-std=gnu11", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "cost.c")
        parts = [member("dev", stat.S_IFDIR | 0o755), member("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))]
        parts += [member("init", stat.S_IFREG | 0o755, program.read_bytes()), member("TRAILER!!!", 0)]
        made.write_bytes(b"".join(parts))

    return cached("cost", hash_of(HERE / "cost.c", HERE / "cost.py"), ".cpio", make, "initramfs that counts")


def count(name, timeout):
    """{kind of work: (how often, instructions)} on that kernel."""
    words = [QEMU, "-M", "q35", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-smp", "1", "-m", "512"]
    words += ["-cpu", "max,-rdrand,-rdseed", "-rtc", "clock=vm,base=2000-01-01"]
    words += ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    words += ["-serial", "stdio", "-kernel", str(kernel(name).image), "-initrd", str(initramfs())]
    words += ["-append", f"{COMMAND_LINE} norandmaps random.trust_bootloader=off rdinit=/init"]
    with tempfile.TemporaryFile() as log:
        machine = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, preexec_fn=die_with_parent
        )
        try:
            machine.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            machine.kill()
            machine.wait()
        log.seek(0)
        text = log.read().decode(errors="replace")
    if "cost end" not in text:
        tail = "\n".join(f"    {line}" for line in text.splitlines()[-15:])
        raise VmError(f"the machine with {name} did not count to the end in {timeout:.0f} s; its console:\n{tail}")
    counts = {}
    for work, times, instructions, alike, pieces in LINE.findall(text):
        if 2 * int(alike) < int(pieces):
            raise VmError(f"{work} on {name}: only {alike} of {pieces} pieces cost the same, which says nothing")
        counts[work] = (int(times), int(instructions))
    if counts.keys() != KINDS:
        raise VmError(f"the machine with {name} counted {sorted(counts)} only")
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", default=["patched", "unpatched"], metavar="KERNEL")
    parser.add_argument("--timeout", type=float, default=120, metavar="SECONDS", help="of each boot (default 120)")
    options = parser.parse_args()
    try:
        counts = {name: count(name, options.timeout) for name in options.kernels}
    except VmError as error:
        print(f"cost: {error}", file=sys.stderr)
        return 2
    equal = True
    for work, (times, first) in counts[options.kernels[0]].items():
        found = [counts[name][work][1] for name in options.kernels]
        same = all(instructions == first for instructions in found)
        equal &= same
        each = ", ".join(f"{name} {instructions}" for name, instructions in zip(options.kernels, found))
        print(f"cost: {times} × {work}, guest instructions: {each}: {'equal' if same else 'DIFFERENT'}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
