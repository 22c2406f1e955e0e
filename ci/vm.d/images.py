# SPDX-License-Identifier: Apache-2.0
"""The disks of the test machines: a root image from this machine's own packages, and one with this tree's build.

Both are read-only erofs, uncompressed: under emulation decompressing costs more than the disk's room. The tree lies at
the same path as here, and the Java runtime too, so that class data archived here serve there.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from common import HERE, TREE, VmError, cached, hash_of, output, say

# What a job may call. Their dependencies come along; one that is not installed here is missing there too.
PACKAGES = """
    base-files base-passwd bash binutils bpftool coreutils dash default-jre-headless diffutils findutils gdb grep gzip
    hostname iproute2 iputils-ping kmod libbpf1 libc-bin libelf1 libgomp1 libstdc++6 mawk mount pigz povray primesieve-bin
    procps psmisc python3 sed strace tar util-linux xz-utils zstd
""".split()
# What ci/transparency runs beside: as much again. Compilers are left out, which are larger than all of it.
PROGRAMS = "ffmpeg graphicsmagick nodejs openssl redis-tools sqlite3 stockfish stress-ng sysbench x264".split()
# Dependencies which serve only the package manager and graphics.
LEFT_OUT = re.compile(r"^(apt|dpkg|debconf|perl|init-system-helpers|adwaita.*|hicolor.*|systemd.*|udev|fonts-.*)$")
NOT_NEEDED = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/", "/usr/share/lintian/")
# Where links are of which the package manager has chosen the target: of programs, and of libraries such as libblas.so.3.
ALTERNATIVES = ("/usr/bin", "/usr/lib/x86_64-linux-gnu")
MADE_HERE = ("/usr/bin/sh", "/etc/passwd", "/etc/group", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/protocols", "/etc/services")


def installed():
    """Installed package -> (version, names of what it depends on)."""
    found = {}
    for line in output(
        "dpkg-query", "-W", "-f", "${binary:Package}\t${db:Status-Status}\t${Version}\t${Pre-Depends}, ${Depends}\n"
    ).splitlines():
        name, status, version, depends = line.split("\t")
        if status == "installed":
            words = [re.split(r"[ :(]", word.strip())[0] for word in re.split(r"[,|]", depends)]
            found[name.split(":")[0]] = (name, version, [word for word in words if word])
    return found


def closure(packages):
    known, wanted, pending = installed(), {}, list(packages)
    while pending:
        name = pending.pop()
        if name in wanted or name not in known or LEFT_OUT.match(name):
            continue
        full, version, depends = known[name]
        wanted[name] = (full, version)
        pending += depends
    return wanted


def with_chosen(packages):
    """These packages, and those that the links of alternatives lead to in place of them: one that depends on libblas.so.3 names
    a package which has it, and the link may have been set to another one's."""
    names = {Path(line).name for line in package_files(packages) if "/lib/" in line}
    chosen = set()
    for link in alternatives():
        target = os.path.realpath(link)
        if link.name in names and "/lib/" in target:
            # One that was made by hand has none.
            owner = subprocess.run(["dpkg-query", "-S", target], capture_output=True, text=True, check=False).stdout
            chosen.update(owner.split(":")[:-1][:1])
    return closure([*packages, *chosen])


def package_files(packages):
    return output("dpkg-query", "-L", *sorted(full for full, _ in packages.values())).splitlines()


def alternatives():
    """Links of which the package manager has chosen the target."""
    links = (link for where in ALTERNATIVES for link in Path(where).iterdir() if link.is_symlink())
    return [link for link in links if os.readlink(link).startswith("/etc/alternatives/")]


def java_home():
    java = shutil.which("java")
    if not java:
        raise VmError("no java here; as root: apt-get install default-jre-headless")
    return Path(java).resolve().parents[1]


def real(path):
    """The path with its directory's symbolic links resolved: packages name /bin/bash, the file is /usr/bin/bash."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def file_list(packages):
    """Every path of the packages, and what their installation made: links of alternatives, Python's compiled modules."""
    paths = set(MADE_HERE)
    for line in package_files(packages):
        if line.startswith("/") and not line.startswith(NOT_NEEDED):
            paths.add(real(line))
    # A runtime that no package brought; and links which some packages' scripts made in it.
    for where, directories, files in os.walk(java_home()):
        for path in (os.path.join(where, name) for name in directories + files):
            # Debian keeps its settings in /etc.
            paths.update((path, os.path.realpath(path)))
    for link in alternatives():
        if os.path.realpath(link) in paths:
            paths.update((str(link), os.readlink(link)))
    for path in list(paths):
        if path.endswith(".py"):
            compiled = Path(path).parent / "__pycache__"
            paths.update(map(str, compiled.glob(Path(path).stem + ".*.pyc")))
    return sorted(path for path in paths if os.path.lexists(path))


def mkfs(image, directory):
    output("mkfs.erofs", "-E", "force-inode-extended", image, directory)


def make_root(image, scratch, packages):
    listed = b"".join(path.encode() + b"\0" for path in file_list(packages))
    names = scratch / "names"
    names.write_bytes(listed)
    root = scratch / "root"
    root.mkdir()
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            (root / name).symlink_to(os.readlink(f"/{name}"))
    # Links first: an archive member bin/… would go through them anyway.
    pack = ["tar", "-C", "/", "--null", "--no-recursion", "-T", str(names), "-cf", "-"]
    with subprocess.Popen(pack, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as packing:
        subprocess.run(["tar", "-C", str(root), "-xpf", "-"], stdin=packing.stdout, check=True)
    for name in ("proc", "sys", "dev", "tmp", "run", "root", "mnt", "var/tmp", "etc"):
        (root / name).mkdir(parents=True, exist_ok=True)
    hosts = ["127.0.0.1 localhost"] + [f"10.77.0.{k} guest{k}" for k in range(1, 10)]
    (root / "etc/hosts").write_text("\n".join(hosts) + "\n", encoding="ascii")
    mkfs(image, root)


def root_image(programs=()):
    """The image of what the machines always have, and of these packages with what they depend on."""
    packages = with_chosen(closure([*PACKAGES, *programs]))
    for needed in ("bash", "coreutils", "python3"):
        if needed not in packages:
            raise VmError(f"package {needed} is not installed here, and the machines get theirs from here")
    key = hash_of(HERE / "images.py", repr(sorted(packages.values())), str(java_home()))
    return cached(
        "root", key, ".erofs", lambda made, scratch: make_root(made, scratch, packages), f"root image of {len(packages)} packages"
    )


def build_tree():
    """Brings this tree's build up to date, the same way as a user does."""
    run = subprocess.run([str(TREE / "hitotsu"), "version"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if run.returncode:
        raise VmError("this tree does not build; see above")
    for directory in ("ci/workloads", "ci/transparency.d", "ci/attach.d", "ci/cpus.d"):
        output("make", "-s", "-C", TREE / directory)


def tree_files(extra):
    """Files of this tree that a machine needs, by their path in the tree. Sources are not: only what runs."""
    files = {}
    for name in ("hitotsu", "pom.xml", "bpf/pom.xml", "coherence/pom.xml", "forwarder/pom.xml", "target/hitotsu.jsa"):
        files[name] = TREE / name
    for directory in ("forwarder/target/lib", "forwarder/target/native", "forwarder/target/classes/native", "ci"):
        for path in (TREE / directory).rglob("*"):
            if "__pycache__" not in path.parts and path.is_file():
                files[str(path.relative_to(TREE))] = path
    files["forwarder/target/hitotsu.jar"] = TREE / "forwarder/target/hitotsu.jar"
    for name, path in extra.items():
        files[name] = Path(path)
    return {name: path for name, path in files.items() if path.exists()}


def make_tree(image, scratch, files):
    for name, path in files.items():
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    # The launcher looks for newer sources here: an empty directory has none.
    for module in ("bpf", "coherence", "forwarder"):
        (scratch / module / "src/main").mkdir(parents=True, exist_ok=True)
        os.utime(scratch / module / "src/main", (0, 0))
    (scratch / ".mvn").mkdir(exist_ok=True)
    os.utime(scratch / ".mvn", (0, 0))
    for directory in scratch.rglob("src"):
        os.utime(directory, (0, 0))
    mkfs(image, scratch)


def tree_image(extra=None):
    """This tree as built, and `extra` files: path in the tree -> path here."""
    build_tree()
    files = tree_files(extra or {})
    listed = [(name, path.stat().st_size, path.stat().st_mtime_ns) for name, path in sorted(files.items())]
    key = hash_of(HERE / "images.py", repr(listed))
    return cached("tree", key, ".erofs", lambda made, scratch: make_tree(made, scratch, files), "image of this tree")
