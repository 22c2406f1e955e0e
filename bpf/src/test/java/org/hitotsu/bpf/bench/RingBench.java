package org.hitotsu.bpf.bench;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.hitotsu.bpf.Bpf;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.RecordHandler;
import org.hitotsu.bpf.RingBuffer;
import org.hitotsu.bpf.impl.Errno;
import org.hitotsu.bpf.impl.Libc;

/**
 * How fast a full ring buffer is drained, by {@link RingBuffer} and by a consumer in C that reads the mapped pages the
 * same way. A round fills the ring by BPF_PROG_TEST_RUN and times the draining alone. The two take turns, so that both
 * meet the same disturbances, and the medians of all turns are compared.
 *
 * <p>{@code RingBench [DIRECTORY]}, where {@code make -C bpf/src/bench/c OUT=DIRECTORY} has put its files (default
 * {@code bpf/target/bench}). Prints {@code ring-drain java=N/s c=N/s ratio=R}, R being Java's rate over C's; exits with
 * 77 where the kernel takes no eBPF programs.
 */
public final class RingBench {

    private static final int TURNS = 7;
    private static final int TURN_MILLIS = 300;
    private static final int WARM_UP_MILLIS = 2000;
    private static final int MAX_ROUNDS = 100_000;
    private static final int SKIPPED = 77;

    private static final long BPF = 321;
    private static final int PROG_TEST_RUN = 10;

    /** union bpf_attr as far as batch_size. */
    private static final int TEST_RUN_BYTES = 80;

    private final RingBuffer ring;
    private final Memory run = new Memory(TEST_RUN_BYTES);
    private final Sum sum = new Sum();
    private final double[] rates = new double[MAX_ROUNDS];

    private RingBench(Bpf bpf) throws BpfUnavailableException {
        ring = bpf.ringBuffer("hito_ring", sum);
        run.clear();
        run.setInt(0, bpf.program("hito_fill").fd());
    }

    /** Reads one field, as the C consumer does. */
    private static final class Sum implements RecordHandler {
        private long total;

        @Override
        public void onRecord(ByteBuffer data, int offset, int length) {
            total += data.getLong(offset + 8);
        }
    }

    private double turn(int millis) {
        int rounds = 0;
        long until = System.nanoTime() + millis * 1_000_000L;
        while (System.nanoTime() < until && rounds < MAX_ROUNDS) {
            if (Libc.syscall(BPF, PROG_TEST_RUN, Pointer.nativeValue(run), TEST_RUN_BYTES) != 0) {
                throw new IllegalStateException("BPF_PROG_TEST_RUN: " + Errno.describe(-Errno.last()));
            }
            long begin = System.nanoTime();
            int records = ring.poll(Integer.MAX_VALUE);
            rates[rounds++] = records * 1e9 / (System.nanoTime() - begin);
        }
        Arrays.sort(rates, 0, rounds);
        return rates[rounds / 2];
    }

    private static double reference(Path directory) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        directory.resolve("ring-bench").toString(),
                        directory.resolve("ring_bench.bpf.o").toString(),
                        Integer.toString(TURN_MILLIS))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("ring-bench failed: " + said);
        }
        return Double.parseDouble(said.strip());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Path directory = Path.of(args.length > 0 ? args[0] : "bpf/target/bench");
        double[] java = new double[TURNS];
        double[] c = new double[TURNS];
        try (Bpf bpf = Bpf.open(directory.resolve("ring_bench.bpf.o"))) {
            RingBench bench = new RingBench(bpf);
            bench.turn(WARM_UP_MILLIS);
            for (int i = 0; i < TURNS; i++) {
                c[i] = reference(directory);
                java[i] = bench.turn(TURN_MILLIS);
            }
            if (bench.sum.total <= 0) {
                throw new IllegalStateException("no record was read");
            }
        } catch (BpfUnavailableException e) {
            System.out.println("ring-drain skipped: " + e.getMessage());
            System.exit(SKIPPED);
        }
        System.out.printf(
                "ring-drain java=%.0f/s c=%.0f/s ratio=%.2f%n", median(java), median(c), median(java) / median(c));
    }
}
