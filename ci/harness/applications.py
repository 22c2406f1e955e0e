# SPDX-License-Identifier: Apache-2.0
"""Programs of the distribution for ci/transparency: none of them knows of hitotsu, none is ours."""

import os
import shutil
import sys
from dataclasses import fields
from pathlib import Path

from .cases import packaged
from .programs import Program

NODE = """
const { Worker } = require("worker_threads");
const code = `
const { parentPort, workerData } = require("worker_threads");
const hash = require("crypto").createHash("sha256");
const rounds = 1000 + 199000 * Number(process.env.EFFORT || 1);
for (let i = 0, s = workerData + 1; i < rounds; i++) hash.update(String((s = (s * 48271) % 2147483647)));
parentPort.postMessage(hash.digest("hex"));
`;
const out = [];
let left = 4;
for (let i = 0; i < 4; i++)
  new Worker(code, { eval: true, workerData: i }).on("message", (message) => {
    out[i] = message;
    if (!--left) console.log(out.join("\\n"));
  });
"""

# A cache too small for the index makes the sorter's helper threads work.
SQL = (
    b"pragma threads=4; pragma cache_size=200;\n"
    b"create table t as with recursive c(x) as (select 1 union all select x+1 from c where x<200000)"
    b" select x, (x*48271)%2147483647 as y, hex(x*7919) as z from c;\n"
    b"create index i on t(z,y);\nselect count(*), sum(y) from t;\npragma integrity_check;\n"
)

# Its second process is a child, which runs natively and talks to the server's threads by a socket of the directory.
# The server is in the package of the tools, by the name of the check that it is, too; that of the server starts one.
REDIS = (
    'ln -s "$(command -v redis-check-rdb)" redis-server\n'
    "(until redis-cli -s ./socket ping >/dev/null 2>&1; do sleep 0.1; done\n"
    "redis-benchmark -s ./socket -q -n 2000 -c 50 -t incr,lpush,lpop >/dev/null\n"
    "redis-cli -s ./socket get counter:__rand_int__\n"
    "redis-cli -s ./socket llen mylist\n"
    "redis-cli -s ./socket shutdown nosave) &\n"
    "exec ./redis-server --unixsocket ./socket --port 0 --io-threads 4 --io-threads-do-reads yes --save '' --logfile '' >/dev/null"
)

# What each of its threads is to do, in all; rates and times differ from run to run, what was done does not.
SYSBENCH = {
    "cpu": "--events=400",
    "threads": "--events=200 --thread-yields=50 --thread-locks=4",
    "mutex": "--mutex-num=64 --mutex-locks=2000 --mutex-loops=20000",
    "memory": "--memory-total-size=256M --memory-block-size=64K",
}

STOCKFISH = shutil.which("stockfish") or "/usr/games/stockfish"
# With one thread it searches the same positions each time; how far it has come when is of no account.
BENCH = f"exec {STOCKFISH} bench 1 1 8 >out 2>&1"
BENCH_TIMES = rb"info [^\n]*\n|(Total time|Nodes/second)[^\n]*"
# With several they help each other, in ways that depend on time: whatever it finds, moves must be legal.
BENCH_THREADS = f"exec {STOCKFISH} bench 1 4 6 >out 2>&1"
LEGAL_MOVES = (sys.executable, str(Path(__file__).resolve().parent / "legal_moves.py"), "out", STOCKFISH)

# Go's runtime has threads, signals and stacks of its own.
GOFMT = (
    "for i in 1 2 3 4 5 6 7 8; do\n"
    '{ echo "package p"; seq 2000 | sed "s/.*/func f${i}_&( a,b int )int{return a*&+b}/"; } >p$i.go\n'
    "done\n"
    "exec gofmt -w ."
)

# Frames are made, scaled and encoded in slices by threads of their own; of a losslessly coded film each byte is known.
FFMPEG = (
    "exec ffmpeg -nostdin -loglevel error -filter_threads 4 -f lavfi -i testsrc2=size=640x360:rate=25:duration=3"
    " -c:v ffv1 -level 3 -slices 4 -threads 4 -fflags +bitexact -flags +bitexact out.mkv"
    " -vf scale=320:180 -c:v mpeg4 -threads 4 -fflags +bitexact -flags +bitexact out.avi"
    " -vf hue=s=0,boxblur=4 -f framemd5 out.md5"
)

# The processes that it times are children; it waits for what they say in pipes.
OPENSSL = "exec openssl speed -multi 4 -seconds 1 -bytes 4096 sha256 >out 2>/dev/null"

# Each is told how much to do, not how long; --verify has it look at what it did. All its work is done by children.
STRESSORS = {
    "pthread": "--pthread 1 --pthread-ops 3000 --pthread-max 8",
    "futex": "--futex 2 --futex-ops 500000",
    "mmap": "--mmap 1 --mmap-ops 20 --mmap-bytes 4m",
    "vm": "--vm 1 --vm-ops 40000 --vm-bytes 4m --vm-method all",
    "signal": "--sigq 1 --sigq-ops 800000 --sigfd 1 --sigfd-ops 200000",
    "fpe": "--sigfpe 1 --sigfpe-ops 200000",
    "pipe": "--pipe 1 --pipe-ops 500000",
    "eventfd": "--eventfd 1 --eventfd-ops 120000",
    # With one processor the kernel has nothing to do for it, and its threads would be gone before they are moved.
    "membarrier": f"--membarrier 1 --membarrier-ops {30 if (os.cpu_count() or 1) > 1 else 6000}",
    "qsort": "--qsort 1 --qsort-ops 30 --qsort-size 65536",
}


def stressor(name, words):
    """What it says of time and processes is left out; a failure is a line of another kind."""
    command = f"exec stress-ng --verify --no-rand-seed --temp-path . --timeout 100 {words} >log 2>&1"
    return application(
        f"stress-ng_{name}",
        *("sh", "-c", command),
        needs=("stress-ng",),
        moves="children",
        ignore=rb"stress-ng: (info|metrc|debug|warn): .*\n",
    )


def sysbench(test, words):
    return application(
        f"sysbench_{test}",
        *("sh", "-c", f"exec sysbench {test} --threads=4 --time=0 {words} run >out 2>&1"),
        needs=("sysbench",),
        ignore=rb" *[0-9]+[.][0-9]+",
    )


def applications():
    """Those of ci/e2e, and others. One that is not installed is the caller's to skip."""
    stressors = [stressor(*item) for item in STRESSORS.items()]
    benches = [sysbench(*item) for item in SYSBENCH.items()]
    return [of_e2e(case) for case in packaged()] + stressors + benches + [
        application("node", "node", "-e", NODE),
        application("sqlite3", "sqlite3", "-batch", "db", stdin=SQL),
        application("stockfish_perft", STOCKFISH, stdin=b"setoption name Threads value 4\nposition startpos\ngo perft 5\nquit\n"),
        application("stockfish_bench", "sh", "-c", BENCH, needs=(STOCKFISH,), ignore=BENCH_TIMES),
        application("stockfish_threads", "sh", "-c", BENCH_THREADS, needs=(STOCKFISH,), ignore=rb"(?s).+", verify=LEGAL_MOVES),
        application("gm", "gm", "convert", "-size", "320x240", "gradient:red-blue", "-blur", "0x5", "-rotate", "30", "out.ppm"),
        application("x264", "x264", "--quiet", "--threads", "4", "--input-res", "320x240", "--fps", "25", "--demuxer", "raw",
                    "-o", "out.264", "data", inputs=("data",), stderr=False),
        application("ffmpeg", "sh", "-c", FFMPEG, needs=("ffmpeg",)),
        application("openssl", "sh", "-c", OPENSSL, needs=("openssl",), ignore=rb" *[0-9]+([.][0-9]+)?", moves="whole"),
        application("redis-server", "sh", "-c", REDIS, needs=("redis-check-rdb", "redis-benchmark", "redis-cli"), stderr=False),
        application("gofmt", "sh", "-c", GOFMT, needs=("gofmt",)),
        application("rustc", "rustc", "--crate-name", "out", "--crate-type", "rlib", "-O", "-C", "codegen-units=4", "-",
                    stdin=b"pub fn f(n: u64) -> String { format!(\"{:?}\", (0..n).rev().collect::<Vec<_>>()) }\n"),
    ]  # fmt: skip


def application(name, *command, timeout=120.0, needs=None, **more):
    """A case that is skipped unless its command, or all that it `needs`, is there."""
    missing = next((word for word in needs or () if not shutil.which(word)), None)
    words = (missing,) if missing else command
    return Program(f"packaged/{name}", words, timeout=timeout, proves=proves(name), **more)


def proves(name):
    return f"{name} with several threads writes what it writes natively."


def of_e2e(case):
    values = {field.name: getattr(case, field.name) for field in fields(case)}
    values["name"] = f"packaged/{case.name}"
    return Program(**values, proves=proves(case.name))
