# SPDX-License-Identifier: Apache-2.0
"""`ci/vm e2e` and `ci/vm transparency`: these suites on nodes that are guests. Node k is guest k; programs start in guest 1.

With --together all nodes are in one guest, where the suite starts them: under emulation that takes half the time, and the
other processors are free for another such guest with another --seed or --area.
"""

import shlex
import time
from pathlib import Path

from common import TREE, say
from machine import address

PORT = 7070
SOCKET = "/run/hitotsu/n{}.sock"
STOP_SECONDS = 60
# Emulated time is not even: a node that is only slow must not be taken for lost.
PATIENCE = "--lease 60s --ping-interval 5s"
# The first guest may take this much longer to come up than another.
JOIN_SECONDS = 600

# Under emulation, compiling costs more than it brings: commands that end at once interpret, nodes compile simply.
JAVA = """
mkdir -p /usr/local/bin
cat >/usr/local/bin/java <<'END'
#!/bin/sh
case "$*" in
*hitotsu.jar" node "*) exec /usr/bin/java -XX:TieredStopAtLevel=1 "$@" ;;
*) exec /usr/bin/java -Xint "$@" ;;
esac
END
chmod +x /usr/local/bin/java
"""

START_NODE = """
cd {tree} || exit
. ci/lib/leftovers.sh
leftovers_before
export HITOTSU_LOG={log}
# One way of stopping for all: the host sends SIGTERM to the whole job.
stopping=
trap 'stopping=1' TERM
./hitotsu node --listen {address}:{port} --name n{number} --socket {socket} --insecure {patience} {options} \\
	>/run/results/node.log 2>&1 &
node=$!
"""

# Every thread of the guest, and where the node's Java threads are (in node.log).
LOOK = """
(
	sleep {seconds}
	for task in /proc/[0-9]*/task/*; do
		# No other process: each would take longer than all of this.
		name=$(<"$task/comm") status=$(<"$task/status") call=$(<"$task/syscall") stack=$(<"$task/stack")
		[ -z "$stack" ] && [[ $status != *VmSize* ]] || printf '%s\\n' "$task $name: $call" "$status" "$stack" ""
	done >/run/results/threads 2>/dev/null
	kill -QUIT $node
) &
"""

# `wait` returns at a signal, too.
STOP_NODE = """
while kill -0 $node 2>/dev/null; do
	wait $node
	ended=$?
done
[ -n "$stopping" ] || { echo "node n{number} ended by itself, with status $ended" >&2; exit 1; }
[ $ended = 0 ] || { echo "node n{number} ended with status $ended" >&2; exit 1; }
leftovers >&2 || { echo "node n{number} left something behind" >&2; exit 1; }
"""

TOGETHER = """
cd {tree} || exit
export HITOTSU_LOG={log}
mkdir -p /run/results/failed /run/results/strace
python3 ci/{suite} --backend {backend} --nodes {nodes} --keep-logs /run/results/failed {options}
status=$?
rmdir /run/results/failed /run/results/strace 2>/dev/null
exit $status
"""

RUN_SUITE = """
mkdir -p /run/results/failed /run/results/strace
python3 ci/{suite} --existing {socket} --nodes {nodes} --keep-logs /run/results/failed {options} &
suite=$!
wait $suite
status=$?
rmdir /run/results/failed /run/results/strace 2>/dev/null
[ $status -le 128 ] || kill -TERM $suite 2>/dev/null
stopping=1
kill -TERM $node
"""


def add_arguments(parser, suite):
    parser.add_argument("--nodes", type=int, default=2, help="how many guests, each a node (default 2)")
    parser.add_argument("--together", action="store_true", help="all nodes in one guest")
    parser.add_argument("--slow", type=float, default=8.0, metavar="FACTOR", help="allow so many times the usual time (8)")
    parser.add_argument("--settle", type=int, default=600, metavar="MS", help="time for threads to move (default 600)")
    parser.add_argument("--effort", type=float, default=0.2, metavar="PART", help="part of our workloads' repetitions (0.2)")
    parser.add_argument("--input-mib", type=int, default=4, metavar="N", help="size of the packaged programs' input (4)")
    parser.add_argument("--strace", action="store_true", help="attach strace -f to each shared program")
    parser.add_argument("--whole-run", action="store_true", help="start programs by `hitotsu run`, not by its last step only")
    parser.add_argument("--backend", default="auto", help="of all nodes: auto, stock, patched; a list gives each its own")
    parser.add_argument("--log", default="info", help="log level of the nodes (default info)")
    lists = [("--only", "NAME"), ("--skip", "NAME")]
    lists += [("--phase", "PHASE"), ("--area", "AREA")] if suite == "transparency" else []
    for name, metavar in lists:
        parser.add_argument(name, action="append", default=[], metavar=metavar, help=f"as ci/{suite} has it; repeatable")
    for name, metavar in (("--rounds", "N"), ("--seed", "N"), ("--command", "CMD"), ("--limit", "S")):
        parser.add_argument(name, metavar=metavar, help=f"as ci/{suite} has it")
    parser.add_argument("--look-after", type=float, metavar="S", help="so long after the nodes' start, write what threads wait in")
    if suite == "e2e":
        parser.add_argument("--kind", metavar="KIND", help="as ci/e2e has it")
        parser.add_argument("--mover", action="store_true", help="as ci/e2e has it")


def suite_options(options):
    words = ["--slow", str(options.slow), "--settle", str(options.settle), "--input-mib", str(options.input_mib)]
    words += ["--effort", str(options.effort)]
    for name in ("only", "skip", "phase", "area"):
        for value in getattr(options, name, ()):
            words += [f"--{name}", value]
    for name in ("kind", "rounds", "seed", "command", "limit"):
        if getattr(options, name, None) is not None:
            words += [f"--{name}", getattr(options, name)]
    words += ["--mover"] if getattr(options, "mover", False) else []
    words += [] if options.whole_run else ["--quick"]
    words += ["--strace", "/run/results/strace"] if options.strace else []
    return shlex.join(words)


def job(number, backend, options):
    """The bash script of guest `number`."""
    words = {
        "tree": shlex.quote(str(TREE)),
        "log": shlex.quote(options.log),
        "address": address(number),
        "port": PORT,
        "number": number,
        "socket": SOCKET.format(number),
        "patience": PATIENCE,
        "nodes": options.nodes,
    }
    join = f"--join {address(1)}:{PORT} --join-timeout {JOIN_SECONDS}s" if number > 1 else ""
    script = JAVA + START_NODE.format(**words, options=f"--backend {shlex.quote(backend)} {join}")
    if options.look_after:
        script += LOOK.format(seconds=options.look_after)
    if number == 1:
        script += RUN_SUITE.format(suite=options.what, socket=SOCKET.format(1), nodes=options.nodes, options=suite_options(options))
        return script + STOP_NODE.replace("{number}", "1") + "exit $status\n"
    return script + STOP_NODE.replace("{number}", str(number))


def together(options):
    """The bash script of the guest which has all nodes."""
    words = {"tree": shlex.quote(str(TREE)), "log": shlex.quote(options.log), "suite": options.what, "nodes": options.nodes}
    return JAVA + TOGETHER.format(**words, backend=shlex.quote(options.backend), options=suite_options(options))


def guests(options):
    return 1 if options.together else options.nodes


def backends(options):
    given = options.backend.split(",")
    return given + given[-1:] * (options.nodes - len(given))


def run(options, machines, used, echo, report_dead):
    """Boots the guests, runs the suite in the first, stops the nodes. Returns the suite's exit status, or 1 for a node's."""
    started = time.monotonic()
    limit = options.timeout or 1500
    if options.together:
        machines.add(used[0], together(options))
    else:
        for number, (one, backend) in enumerate(zip(used, backends(options)), 1):
            machines.add(one, job(number, backend, options))
    machines.start()
    first, others = machines.guests[0], machines.guests[1:]

    def hear(guest, stream, data):
        # What the other guests say is of interest only if they fail; it is in their files.
        if guest is first:
            echo(guest, stream, data)

    in_time = machines.wait([first], started + limit, hear)
    if not in_time:
        say(f"not done after {limit:.0f} s")
    stopped = machines.stop(machines.guests, STOP_SECONDS, hear)
    report_dead(machines, late=not (in_time and stopped))
    failed = [guest for guest in machines.guests if guest.status()]
    for guest in failed:
        for name in ("err", "node.log"):
            text = tail(guest, name)
            if text:
                say(f"{guest.name}, end of its {name}:\n{text}")
    say(f"{len(used)} guests ({', '.join(one.name for one in used)}): {time.monotonic() - started:.0f} s")
    if not in_time:
        return 124
    return first.status() or (1 if failed else 0)


def tail(guest, name, lines=20):
    if name == "err":
        text = guest.text(name)
    else:
        results = Path(guest.directory) / "results"
        results.mkdir(exist_ok=True)
        guest.results(results)
        text = (results / name).read_text(errors="replace") if (results / name).exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
