# SPDX-License-Identifier: Apache-2.0
"""The kernels of the test machines, and the initramfs that goes with each."""

import gzip
import lzma
import os
import re
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from common import CACHE, HERE, TREE, VmError, cached, hash_of, output, say

OURS = {
    "patched": (),
    "debug": ("--config", "debug"),
    "unpatched": ("--unpatched",),
    "debug-unpatched": ("--config", "debug", "--unpatched"),
}
DISTRIBUTION = re.compile(r"^debian-(\d+\.\d+)$")
# What init needs before it sees the root image, and what jobs use. One that is built in or not there is left out.
MODULES = """
    virtio_pci virtio_blk virtio_console virtio_net erofs overlay crc32c_generic crc32c_intel libcrc32c
    af_packet unix_diag inet_diag tcp_diag
""".split()


@dataclass(frozen=True)
class Kernel:
    """A bootable kernel: `name` as asked for, and where its bzImage, its initramfs and its selftests are."""

    name: str
    image: Path
    initramfs: Path
    selftests: Path | None
    # Whether a warning of the kernel's is a failure: of our own, not of a distribution's under emulation.
    strict: bool


def kernel(name):
    """The kernel of that name: patched, debug, unpatched, debug-unpatched, debian-X.Y, or the path of a bzImage."""
    found = DISTRIBUTION.match(name)
    if found:
        image, modules = debian(found.group(1))
        return Kernel(name, image, initramfs(modules), None, False)
    if name in OURS:
        build = subprocess.run([str(TREE / "kernel-patch/build"), *OURS[name]], stdout=subprocess.PIPE, text=True, check=False)
        if build.returncode:
            raise VmError(f"the kernel {name} does not build; see above")
        image = Path(build.stdout.split()[-1])
        return Kernel(name, image, initramfs(None), selftests_of(image), True)
    if not Path(name).is_file():
        choices = ", ".join(OURS)
        raise VmError(f"no kernel {name}: it is one of {choices}, debian-6.1, debian-6.12, or the path of a bzImage")
    image = Path(name).resolve()
    return Kernel(image.name, image, initramfs(None), selftests_of(image), False)


def selftests_of(image):
    """What kernel-patch/build left beside a bzImage, if it comes from there and has the series."""
    directory = image.parent / "selftests"
    return directory if directory.is_dir() else None


def candidates(series):
    """Packages of the cloud kernel of that series which apt knows, newest last."""
    pattern = re.compile(rf"^linux-image-{re.escape(series)}\.[^-]*(-\d+)?-cloud-amd64$")
    names = [name for name in output("apt-cache", "pkgnames", f"linux-image-{series}").splitlines() if pattern.match(name)]
    return sorted(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


def debian(series):
    """(bzImage, root of modules) of Debian's cloud kernel of that series: downloaded, not installed."""
    names = candidates(series)
    if not names:
        subprocess.run(["apt-get", "update"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        names = candidates(series)
    if not names:
        raise VmError(f"apt knows no linux-image-{series}.*-cloud-amd64; this Debian's sources have it no more, or not yet")

    def fetch(made, scratch):
        say(f"downloading {names[-1]}")
        # As root apt downloads as another user, who may not write here, and warns of it: that is all the same to us.
        output("apt-get", "-q", "download", names[-1], cwd=scratch)
        output("dpkg", "-x", next(scratch.glob("*.deb")), made)
        output("depmod", "-b", made, next((made / "lib/modules").iterdir()).name)

    root = cached(f"kernel-{series}", hash_of(names[-1]), "", fetch, names[-1])
    return next((root / "boot").glob("vmlinuz-*")), root


def module_order(root):
    """Files of MODULES and of what they depend on, each after what it needs."""
    directory = next((root / "lib/modules").iterdir())
    depends, by_name, order = {}, {}, []
    for line in (directory / "modules.dep").read_text().splitlines():
        path, _, needed = line.partition(":")
        depends[path] = needed.split()
        by_name[os.path.basename(path).split(".")[0].replace("-", "_")] = path
    for name in MODULES:
        if name in by_name:
            for path in reversed([by_name[name]] + depends[by_name[name]]):
                if path not in order:
                    order.append(path)
    return [directory / path for path in order]


def unpacked(path):
    """(name, contents) of a module, which a kernel need not be able to decompress."""
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix)
    if path.suffix == ".zst":
        return path.stem, subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout
    if opener is None:
        return path.name, path.read_bytes()
    with opener(path) as packed:
        return path.stem, packed.read()


def member(name, mode, data=b"", device=(0, 0)):
    """One file of a cpio archive, "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def initramfs(modules_root):
    """The init of the machines, and modules if the kernel has any."""
    paths = module_order(modules_root) if modules_root else []

    def make(made, scratch):
        program = scratch / "init"
        output("gcc", "-std=gnu11", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "init.c")
        output("strip", program)
        parts = [member(name, stat.S_IFDIR | 0o755) for name in ("dev", "modules")]
        parts.append(member("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)))
        parts.append(member("init", stat.S_IFREG | 0o755, program.read_bytes()))
        loaded = [unpacked(path) for path in paths]
        parts += [member(f"modules/{name}", stat.S_IFREG | 0o644, data) for name, data in loaded]
        parts.append(member("modules/order", stat.S_IFREG | 0o644, "".join(f"{name}\n" for name, _ in loaded).encode()))
        parts.append(member("TRAILER!!!", 0))
        made.write_bytes(b"".join(parts))

    key = hash_of(HERE / "init.c", HERE / "kernels.py", "".join(f"{path}\n" for path in paths))
    return cached("initramfs", key, ".cpio", make, f"initramfs with {len(paths)} modules")
