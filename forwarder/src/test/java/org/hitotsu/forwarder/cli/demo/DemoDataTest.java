package org.hitotsu.forwarder.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDataTest {

    @TempDir
    private Path directory;

    @Test
    void sameBytesEachTimeAndOfTheSizeAskedFor() throws Exception {
        Path one = directory.resolve("one");
        Path two = directory.resolve("two");
        DemoData.write(one, 3_000_001);
        DemoData.write(two, 3_000_001);
        assertThat(Files.size(one)).isEqualTo(3_000_001);
        assertThat(Files.mismatch(one, two)).isEqualTo(-1);
    }

    /** Neither noise nor one word over and over: a compressor has work to do. */
    @Test
    void entropyVaries() throws Exception {
        Path file = directory.resolve("data");
        DemoData.write(file, 4 << 20);
        byte[] data = Files.readAllBytes(file);
        double smallest = 1;
        double largest = 0;
        for (int at = 0; at + (64 << 10) <= data.length; at += 64 << 10) {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            Deflater deflater = new Deflater(1);
            try (DeflaterOutputStream out = new DeflaterOutputStream(packed, deflater)) {
                out.write(data, at, 64 << 10);
            } finally {
                deflater.end();
            }
            double ratio = packed.size() / (double) (64 << 10);
            smallest = Math.min(smallest, ratio);
            largest = Math.max(largest, ratio);
        }
        assertThat(smallest).isLessThan(0.45);
        assertThat(largest).isGreaterThan(0.95);
    }
}
