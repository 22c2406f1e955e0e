/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a Java virtual machine's threads, monitors, parking, parallel streams, compiled code, signals and garbage collection work as natively. */
/* Options: -Xmx96m -XX:ParallelGCThreads=4 -XX:-UsePerfData */

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

final class Jvm {
    private static final int WORKERS = 4;
    private static final double EFFORT = Double.parseDouble(System.getenv().getOrDefault("EFFORT", "1"));
    private static final long SETTLE = Long.parseLong(System.getenv().getOrDefault("SETTLE_MS", "0"));

    private static int scaled(int count) {
        return 1 + (int) ((count - 1) * EFFORT);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("does not hold: " + what);
        }
    }

    /** Computes until the thread has been moved. */
    private static void settle() {
        long until = System.nanoTime() + SETTLE * 1_000_000;
        long state = 1;
        while (System.nanoTime() < until) {
            for (int i = 0; i < 1000; i++) {
                state = mix(state);
            }
        }
        check(state != 0, "an xorshift never is 0");
    }

    private static long mix(long value) {
        value += 0x9e3779b97f4a7c15L;
        value ^= value << 13;
        value ^= value >>> 7;
        return value ^ value << 17;
    }

    private interface Body {
        void run(int me) throws Exception;
    }

    private static void team(Body body) throws Exception {
        List<Throwable> failed = new ArrayList<>();
        Thread[] team = new Thread[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            int me = i;
            team[i] = new Thread(() -> {
                try {
                    settle();
                    body.run(me);
                } catch (Throwable error) {
                    synchronized (failed) {
                        failed.add(error);
                    }
                }
            });
            team[i].start();
        }
        for (Thread thread : team) {
            thread.join();
        }
        if (!failed.isEmpty()) {
            throw new AssertionError(failed.get(0));
        }
    }

    /** Parallel streams and a recursive task of the fork-join pool: enough to be compiled, and deoptimized again. */
    private static void streams() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(WORKERS);
        int count = scaled(600_000);
        long sum = pool.submit(() -> LongStream.range(0, count).parallel().map(Jvm::mix).sum()).get();
        Map<Integer, Long> groups = pool.submit(() -> IntStream.range(0, count / 10).parallel().boxed()
                        .collect(Collectors.groupingBy(i -> (int) (mix(i) & 15), Collectors.counting())))
                .get();
        long[] numbers = LongStream.range(0, count / 4).map(Jvm::mix).toArray();
        pool.submit(() -> Arrays.parallelSort(numbers)).get();
        check(IntStream.range(1, numbers.length).allMatch(i -> numbers[i - 1] <= numbers[i]), "sorted");
        final class Tree extends RecursiveTask<Long> {
            private final int depth;
            private final long seed;

            Tree(int depth, long seed) {
                this.depth = depth;
                this.seed = seed;
            }

            @Override
            protected Long compute() {
                if (depth == 0) {
                    return mix(seed);
                }
                Tree left = new Tree(depth - 1, 2 * seed);
                left.fork();
                long right = new Tree(depth - 1, 2 * seed + 1).compute();
                return mix(left.join() ^ right << 1);
            }
        }
        long root = pool.invoke(new Tree(13, 1));
        pool.shutdown();
        check(pool.awaitTermination(60, TimeUnit.SECONDS), "the pool ends");
        System.out.printf("streams %x %s %x%n", sum, groups, root);
    }

    /** Monitors that are waited on, inflated and handed over in turn; read-write locks; queues; barriers. */
    private static void monitors() throws Exception {
        Object monitor = new Object();
        long[] counted = new long[2];
        ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        Map<Integer, Integer> table = new HashMap<>();
        AtomicLong sums = new AtomicLong();
        long[] steps = new long[WORKERS];
        CyclicBarrier barrier = new CyclicBarrier(WORKERS, () -> sums.addAndGet(Arrays.stream(steps).sum()));
        team(me -> {
            for (int i = 0; i < scaled(150); i++) {
                synchronized (monitor) {
                    counted[0]++;
                }
                synchronized (monitor) {
                    while (counted[1] % WORKERS != me) {
                        monitor.wait();
                    }
                    counted[1]++;
                    monitor.notifyAll();
                }
                if (i % 5 == 0) {
                    lock.writeLock().lock();
                    try {
                        table.put(me * 1000 + i, i * i);
                    } finally {
                        lock.writeLock().unlock();
                    }
                }
                lock.readLock().lock();
                try {
                    Integer found = table.get((me + 1) % WORKERS * 1000 + i / 5 * 5);
                    check(found == null || found == i / 5 * 5 * (i / 5 * 5), "what a writer put is whole");
                } finally {
                    lock.readLock().unlock();
                }
                if (i % 10 == 0) {
                    steps[me] = (long) i * (me + 1);
                    barrier.await();
                }
            }
        });
        System.out.println("monitors " + counted[0] + " " + counted[1] + " " + table.size() + " " + sums);
    }

    private static void queues() throws Exception {
        ArrayBlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(8);
        ConcurrentHashMap<String, Integer> seen = new ConcurrentHashMap<>();
        byte[] end = {};
        CountDownLatch done = new CountDownLatch(WORKERS);
        team(me -> {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (int i = 0; i < scaled(200); i++) {
                if (me % 2 == 0) {
                    queue.put(("item " + me + " " + i).getBytes());
                } else {
                    byte[] hash = queue.take();
                    for (int turn = 0; turn < 20; turn++) {
                        hash = digest.digest(hash);
                    }
                    seen.merge(HexFormat.of().formatHex(hash), 1, Integer::sum);
                }
            }
            done.countDown();
            if (!done.await(100, TimeUnit.SECONDS)) {
                throw new AssertionError("all come to the latch");
            }
        });
        check(end.length == 0 && queue.isEmpty(), "nothing is left");
        check(seen.values().stream().allMatch(times -> times == 1), "each came once");
        byte[] all = new byte[32];
        for (String hash : seen.keySet()) {
            byte[] one = HexFormat.of().parseHex(hash);
            for (int i = 0; i < 32; i++) {
                all[i] ^= one[i];
            }
        }
        System.out.println("queues " + seen.size() + " " + HexFormat.of().formatHex(all));
    }

    /** A token passed round by park and unpark, with interrupts of waits in between. */
    private static void parking() throws Exception {
        Thread[] ring = new Thread[WORKERS];
        AtomicInteger turn = new AtomicInteger(-1);
        int rounds = scaled(400) * WORKERS;
        long[] values = new long[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            int me = i;
            ring[i] = new Thread(() -> {
                settle();
                while (turn.get() < rounds) {
                    if (turn.get() >= 0 && turn.get() % WORKERS == me) {
                        values[me] = mix(values[(me + WORKERS - 1) % WORKERS]);
                        turn.incrementAndGet();
                        LockSupport.unpark(ring[(me + 1) % WORKERS]);
                    } else {
                        LockSupport.park();
                    }
                }
                LockSupport.unpark(ring[(me + 1) % WORKERS]);
            });
        }
        for (Thread thread : ring) {
            thread.start();
        }
        turn.set(0);
        LockSupport.unpark(ring[0]);
        for (Thread thread : ring) {
            thread.join();
        }
        AtomicInteger interrupted = new AtomicInteger();
        Thread[] sleepers = new Thread[WORKERS];
        for (int i = 0; i < WORKERS; i++) {
            sleepers[i] = new Thread(() -> {
                try {
                    Thread.sleep(100_000);
                } catch (InterruptedException expected) {
                    interrupted.incrementAndGet();
                }
            });
            sleepers[i].start();
        }
        for (Thread sleeper : sleepers) {
            sleeper.interrupt();
            sleeper.join();
        }
        System.out.println("parking " + Arrays.stream(values).mapToObj(Long::toHexString).toList() + " " + interrupted);
    }

    private record Node(Node left, Node right, byte[] load) {
        static Node tree(int depth) {
            return depth == 0 ? new Node(null, null, new byte[16]) : new Node(tree(depth - 1), tree(depth - 1), new byte[depth]);
        }

        long size() {
            return load.length + (left == null ? 0 : left.size() + right.size());
        }
    }

    /** Trees that are kept a while and dropped: young and full collections, in parallel, with all threads at safepoints. */
    private static void garbage() throws Exception {
        LongAdder sizes = new LongAdder();
        team(me -> {
            Node[] kept = new Node[6];
            for (int i = 0; i < scaled(30); i++) {
                kept[i % kept.length] = Node.tree(9 + (i + me) % 4);
                if (i % 15 == 14 && me == 0) {
                    System.gc();
                }
                if (i % 10 == 0) {
                    byte[][] large = new byte[4][];
                    Arrays.setAll(large, k -> new byte[300_000]);
                    sizes.add(large[3].length);
                }
            }
            for (Node node : kept) {
                sizes.add(node == null ? 0 : node.size());
            }
        });
        System.out.println("garbage " + sizes);
    }

    private static int deep(int level) {
        return deep(level + 1) + 1;
    }

    private static int lengthOf(String text) {
        return text.length();
    }

    /** What the virtual machine makes of faults: a null that compiled code does not test for, a stack's guard page, a division. */
    private static void faults() throws Exception {
        AtomicInteger nulls = new AtomicInteger();
        AtomicInteger overflows = new AtomicInteger();
        AtomicInteger divisions = new AtomicInteger();
        AtomicLong lengths = new AtomicLong();
        int rounds = scaled(20_000);
        team(me -> {
            int zero = me - me;
            for (int i = 0; i < rounds; i++) {
                lengths.addAndGet(lengthOf("some"));
                if (i % 200 == 0) {
                    try {
                        lengthOf(null);
                    } catch (NullPointerException expected) {
                        nulls.incrementAndGet();
                    }
                    try {
                        lengths.addAndGet(i / zero);
                    } catch (ArithmeticException expected) {
                        divisions.incrementAndGet();
                    }
                }
                if (i % 5000 == 0) {
                    try {
                        lengths.addAndGet(deep(0));
                    } catch (StackOverflowError expected) {
                        overflows.incrementAndGet();
                    }
                }
            }
        });
        System.out.println("faults " + nulls + " " + overflows + " " + divisions + " " + lengths);
    }

    /** Futures over a pool that makes its threads when they are needed, with files. */
    private static void futures() throws Exception {
        ExecutorService pool = Executors.newCachedThreadPool();
        List<Future<Long>> parts = new ArrayList<>();
        for (int i = 0; i < scaled(16); i++) {
            int part = i;
            parts.add(pool.submit(() -> {
                Path file = Path.of("part" + part);
                byte[] bytes = new byte[20_000];
                Arrays.fill(bytes, (byte) part);
                Files.write(file, bytes);
                long sum = 0;
                for (byte one : Files.readAllBytes(file)) {
                    sum += one;
                }
                return sum;
            }));
        }
        long sum = 0;
        for (Future<Long> part : parts) {
            sum += part.get();
        }
        CompletableFuture<Long> chain = CompletableFuture.completedFuture(1L);
        for (int i = 0; i < scaled(200); i++) {
            chain = chain.thenApplyAsync(Jvm::mix, pool);
        }
        System.out.printf("futures %d %x%n", sum, chain.get());
        pool.shutdown();
        check(pool.awaitTermination(60, TimeUnit.SECONDS), "the pool ends");
    }

    public static void main(String[] arguments) throws Exception {
        streams();
        monitors();
        queues();
        parking();
        garbage();
        faults();
        futures();
    }

    private Jvm() {}
}
