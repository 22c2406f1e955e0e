# SPDX-License-Identifier: Apache-2.0
"""Boots guests, carries their output, and ends exactly what it started.

Guest 1 is the hub of the guests' network: each other guest has a link to it, a pair of datagram sockets between the
QEMU processes. Nothing of this machine's network is touched.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

from common import CACHE, HERE, VmError, cached, hash_of, output, say

NETWORK = "10.77.0"
# Nothing that costs time under emulation and is none of our subject: mitigations, zeroing, audit.
COMMAND_LINE = (
    "console=ttyS0 loglevel=5 panic=-1 oops=panic reboot=t mitigations=off init_on_alloc=0 audit=0 apparmor=0 selinux=0"
    " no_timer_check tsc=reliable random.trust_cpu=on net.ifnames=0 cgroup_no_v1=all"
)
QEMU = "qemu-system-x86_64"
KVM_PROBE_SECONDS = 10
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def address(number):
    return f"{NETWORK}.{number}"


def die_with_parent():
    """Between fork and exec: a harness that is killed leaves no machine behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def accelerator(kernel):
    """"kvm" where a guest really boots with it, else "tcg". A device that opens and yet hangs a guest is not rare."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    qemu = shutil.which(QEMU) or ""
    known = CACHE / "vm" / f"kvm-{hash_of(boot, str(os.stat(qemu).st_mtime_ns))}"
    if not known.exists():
        say(f"/dev/kvm: trying whether a guest boots with it, at most {KVM_PROBE_SECONDS} s")
        command = [QEMU, "-M", "q35,accel=kvm", "-cpu", "host", "-m", "256", "-nodefaults", "-no-user-config"]
        command += ["-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(kernel.image)]
        command += ["-initrd", str(kernel.initramfs), "-append", f"{COMMAND_LINE} hito.probe"]
        probe = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent
        )
        try:
            text, _ = probe.communicate(timeout=KVM_PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            probe.kill()
            text, _ = probe.communicate()
        known.write_text("kvm" if b"init: up" in text else "tcg")
        say("KVM boots a guest" if known.read_text() == "kvm" else "KVM boots no guest here: emulating")
    return known.read_text()


def tsc_khz():
    """The frequency of this machine's time stamp counter, which is an emulated guest's, too."""

    def make(made, scratch):
        program = scratch / "tsc"
        output("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "tsc.c")
        made.write_text(output(program))

    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    return int(cached("tsc", hash_of(HERE / "tsc.c", boot), "", make, "measurement of the time stamp counter").read_text())


class Guest:
    """One machine: number from 1 on, its kernel, and the bash script it runs."""

    def __init__(self, directory, number, kernel, job, options):
        self.number = number
        self.name = f"guest{number}"
        self.kernel = kernel
        self.job = job
        self.options = options
        self.directory = directory / self.name
        self.directory.mkdir()
        self.process = None
        self.control = None
        self.offsets = {}

    def cpus(self):
        given = self.options.cpus
        return given[min(self.number, len(given)) - 1]

    def path(self, name):
        return self.directory / name

    def text(self, name):
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def new_output(self, name):
        """Bytes of "out" or "err" that have come since the last call."""
        try:
            with open(self.path(name), "rb") as file:
                file.seek(self.offsets.get(name, 0))
                data = file.read()
        except FileNotFoundError:
            return b""
        self.offsets[name] = self.offsets.get(name, 0) + len(data)
        return data

    def links(self, count):
        """QEMU's arguments for the network of `count` guests."""
        if count == 1:
            return []

        def link(other):
            ends = [self.directory.parent / f"{a}-{b}" for a, b in ((self.number, other), (other, self.number))]
            return (
                f"dgram,id=to{other},local.type=unix,local.path={ends[0]},remote.type=unix,remote.path={ends[1]}"
            )

        mac = f"52:54:00:77:00:{self.number:02x}"
        # Frames that hold a page and its header: fewer interrupts, which are dear under emulation.
        card = f"virtio-net-pci,romfile=,mac={mac},host_mtu=9000"
        if self.number > 1:
            return ["-netdev", link(1), "-device", f"{card},netdev=to1"]
        words = ["-netdev", "hubport,id=own,hubid=0", "-device", f"{card},netdev=own"]
        for other in range(2, count + 1):
            words += ["-netdev", link(other), "-netdev", f"hubport,id=hub{other},hubid=0,netdev=to{other}"]
        return words

    def command(self, root, tree, tree_path, count, shell=False):
        options = self.options
        kvm = not options.icount and accelerator(self.kernel) == "kvm"
        accel = "kvm" if kvm else "tcg,thread=single" if options.icount else "tcg,thread=multi"
        words = [QEMU, "-name", f"{self.name},process=hitotsu-{self.name}", "-M", "q35,vmport=off", "-accel", accel]
        # 57-bit addresses would cost each walk of the emulated page tables a level.
        words += ["-cpu", "host" if kvm else "max,la57=off", "-smp", "1" if options.icount else str(self.cpus())]
        words += ["-m", str(options.memory), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
        if options.icount:
            words += ["-icount", "shift=0,sleep=off"]
        line = f"{COMMAND_LINE} hito.host={self.name} hito.address={address(self.number) if count > 1 else ''}"
        if accel == "tcg,thread=multi":
            # Its kernel measures the counter against an emulated timer, and is wrong by a factor if QEMU does not get
            # a processor meanwhile: then all its times are.
            line += f" tsc_early_khz={tsc_khz()}"
        line += f" hito.tree={tree_path}" + (" panic_on_warn=1" if self.kernel.strict else "")
        if shell:
            line += " hito.shell"
        words += ["-kernel", str(self.kernel.image), "-initrd", str(self.kernel.initramfs)]
        words += ["-append", line, "-serial", "stdio" if shell else f"file:{self.path('console')}"]
        for serial, image in (("root", root), ("tree", tree), ("job", self.path("job"))):
            words += ["-drive", f"if=none,id={serial},file={image},format=raw,readonly=on,file.locking=off"]
            words += ["-device", f"virtio-blk-pci,drive={serial},serial={serial}"]
        words += ["-device", "virtio-serial-pci,max_ports=8"]
        words += ["-chardev", f"socket,id=control,path={self.path('control')},server=on,wait=off"]
        for port in ("out", "err", "files", "status"):
            words += ["-chardev", f"file,id={port},path={self.path(port)}"]
        for port in ("out", "err", "files", "status", "control"):
            words += ["-device", f"virtserialport,chardev={port},name={port}"]
        return words + self.links(count)

    def start(self, root, tree, tree_path, count):
        script = self.job.encode() + b"\n"
        # A disk's size is a multiple of 512 bytes.
        self.path("job").write_bytes(script + b"\0" * (512 - len(script) % 512))
        with open(self.path("qemu"), "wb") as log:
            self.process = subprocess.Popen(
                self.command(root, tree, tree_path, count),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def ended(self):
        """None while it runs; then what its status port said last, such as "exit 0", or that it died."""
        gone = self.process.poll() is not None
        lines = self.text("status").splitlines()
        if lines and lines[-1].split()[0] in ("exit", "signal", "broken") and self.text("status").endswith("\n"):
            return lines[-1]
        if gone:
            return "died"
        return None

    def status(self):
        """The job's exit status as a shell says it; 125 if the machine did not get so far."""
        kind, _, rest = (self.ended() or "died").partition(" ")
        return {"exit": lambda: int(rest), "signal": lambda: 128 + int(rest)}.get(kind, lambda: 125)()

    def ask_to_stop(self):
        """Sends the job SIGTERM."""
        try:
            if self.control is None:
                self.control = socket.socket(socket.AF_UNIX)
                self.control.connect(str(self.path("control")))
            self.control.sendall(b"stop\n")
        except OSError:
            # It is down, or not up yet: the time limit of the caller decides.
            self.control = None

    def kill(self):
        if self.control is not None:
            self.control.close()
            self.control = None
        if self.process is not None and self.process.poll() is None:
            # After the end marker it resets by itself; what that takes is of no interest.
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def results(self, directory):
        """Unpacks what the job put into /run/results."""
        if self.path("files").exists() and self.path("files").stat().st_size:
            try:
                with tarfile.open(self.path("files")) as archive:
                    archive.extractall(directory, filter="data")
            except (tarfile.TarError, OSError) as error:
                raise VmError(f"{self.name}: its results are no archive: {error}") from None

    def console_tail(self, lines=25):
        text = self.text("console").replace("\r", "").splitlines()[-lines:] + self.text("qemu").splitlines()[-5:]
        return "\n".join(f"    {self.name} console: {line}" for line in text)


class Machines:
    """Guests that see each other. A context: at its end all are down and their files gone."""

    def __init__(self, options, root, tree, tree_path):
        self.options = options
        self.images = (root, tree, tree_path)
        self.directory = Path(tempfile.mkdtemp(prefix="hitotsu-vm-"))
        self.guests = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for guest in self.guests:
            guest.kill()
        if self.options.keep:
            self.keep(Path(self.options.keep))
        shutil.rmtree(self.directory, ignore_errors=True)

    def add(self, kernel, job):
        guest = Guest(self.directory, len(self.guests) + 1, kernel, job, self.options)
        self.guests.append(guest)
        return guest

    def start(self):
        for guest in self.guests:
            guest.start(*self.images, len(self.guests))

    def wait(self, guests, deadline, hear=None, until=None):
        """Until each of `guests` has ended; True, or False when `deadline` (time.monotonic) came first.

        `hear(guest, stream, bytes)` gets output as it comes. A guest that dies ends the wait for all: the others
        would wait for it in vain.
        """
        while True:
            done = all(guest.ended() for guest in guests)
            dead = any(guest.ended() and guest.ended().split()[0] in ("died", "broken") for guest in self.guests)
            for guest in self.guests:
                for stream in ("out", "err"):
                    data = guest.new_output(stream)
                    if data and hear:
                        hear(guest, stream, data)
            if done or dead:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)

    def stop(self, guests, patience, hear=None):
        """Asks jobs to end; True if all did within `patience` seconds."""
        for guest in guests:
            if not guest.ended():
                guest.ask_to_stop()
        return self.wait(guests, time.monotonic() + patience, hear)

    def keep(self, target):
        """Copies logs and results to target/guestN/."""
        for guest in self.guests:
            directory = target / guest.name
            directory.mkdir(parents=True, exist_ok=True)
            for name in ("out", "err", "console", "status", "qemu"):
                if guest.path(name).exists():
                    shutil.copyfile(guest.path(name), directory / name)
            guest.results(directory)
