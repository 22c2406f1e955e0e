# SPDX-License-Identifier: Apache-2.0
# Proves: CPython's threads, queues, pools, conditions and the calls that drop its lock give what they give natively.
import concurrent.futures
import gc
import hashlib
import heapq
import os
import queue
import threading
import time
import weakref
import zlib

EFFORT = float(os.environ.get("EFFORT", "1"))
SETTLE = float(os.environ.get("SETTLE_MS", "0")) / 1e3
WORKERS = 4


def scaled(count):
    return 1 + int((count - 1) * EFFORT)


def settle():
    """Computes until the thread has been moved."""
    until = time.monotonic() + SETTLE
    while time.monotonic() < until:
        sum(range(1000))


def run(body, count=WORKERS):
    """Runs `body` with 0, 1, … in threads; an exception of one is raised here."""
    failed = []

    def guarded(me):
        try:
            settle()
            body(me)
        except BaseException as error:  # noqa: BLE001 - passed on
            failed.append(error)

    team = [threading.Thread(target=guarded, args=(me,), name=f"worker {me}") for me in range(count)]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join()
    if failed:
        raise failed[0]


def hashes():
    """The interpreter's lock is dropped while big blocks are hashed and compressed: these run at once."""
    out = [None] * WORKERS

    def body(me):
        block = bytes((i * (me + 3)) & 255 for i in range(1 << 16))
        hash_ = hashlib.sha256()
        for _ in range(scaled(30)):
            hash_.update(block * 4)
            packed = zlib.compress(block, 1)
            assert zlib.decompress(packed) == block
            hash_.update(packed)
        out[me] = hash_.hexdigest()

    run(body)
    print("hashes", *out, sep="\n  ")


def queues():
    """Bounded queues between makers and takers; each thing comes out once."""
    first, second = queue.Queue(4), queue.PriorityQueue()
    each = scaled(60)

    def body(me):
        if me % 2:
            for i in range(each):
                first.put((me, i))
            first.put(None)
            return
        while (item := first.get()) is not None:
            second.put((zlib.crc32(repr(item).encode()), item))

    run(body)
    taken = [second.get() for _ in range(second.qsize())]
    assert taken == sorted(taken) and len(taken) == 2 * each
    print("queues", len(taken), zlib.crc32(repr(taken).encode()))


def conditions():
    """Turns by condition; a barrier's phases; semaphores; events with time-outs."""
    turn, changed = [0], threading.Condition()
    barrier, slots = threading.Barrier(WORKERS), threading.BoundedSemaphore(2)
    inside, most, guard, never = [0], [0], threading.RLock(), threading.Event()
    own = threading.local()
    steps, sums = [0] * WORKERS, []

    def body(me):
        own.count = 0
        for round_ in range(scaled(15)):
            with changed:
                changed.wait_for(lambda: turn[0] % WORKERS == me)
                turn[0] += 1
                changed.notify_all()
            with slots:
                with guard, guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with guard:
                    inside[0] -= 1
            steps[me] = round_ * (me + 1)
            if barrier.wait() == 0:
                sums.append(sum(steps))
            barrier.wait()
            own.count += 1
            assert round_ % 5 or not never.wait(0.002)
        assert own.count == scaled(15)

    run(body)
    assert most[0] <= 2 and inside[0] == 0
    print("conditions", turn[0], sum(sums))


class Node:
    """Of a cycle, which only the collector frees."""

    live = weakref.WeakSet()

    def __init__(self, value):
        self.value = value
        self.me = self
        self.rest = [value] * (value % 20)
        Node.live.add(self)


def garbage():
    """Cycles are made in all threads and freed by whichever starts the collector; dictionaries grow under all."""
    shared, totals = {}, [0] * WORKERS

    def body(me):
        heap = []
        for i in range(scaled(400)):
            totals[me] += Node(i).value
            shared[me, i] = str(i)
            heapq.heappush(heap, (i * 48271) % 10007)
            if len(heap) > 50:
                totals[me] += heapq.heappop(heap)

    gc.set_threshold(100)
    run(body)
    gc.collect()
    assert len(Node.live) == 0
    print("garbage", len(shared), zlib.crc32("".join(sorted(shared.values())).encode()), *totals)


def divide(number):
    return sum(1 for divisor in range(1, number + 1) if number % divisor == 0)


def pools():
    """Results and exceptions come back from a pool's threads."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda _: settle(), range(WORKERS)))
        counts = list(pool.map(divide, range(1, scaled(400))))
        futures = [pool.submit(lambda n: 1 // n, i % 5) for i in range(scaled(100))]
        failed = sum(isinstance(future.exception(), ZeroDivisionError) for future in futures)
    print("pools", sum(counts), failed, sum(future.result() for future in futures if not future.exception()))


def main():
    hashes()
    queues()
    conditions()
    garbage()
    pools()


main()
