package org.hitotsu.forwarder.cli.demo;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Makes input for compressors: the same bytes each time, and of all sorts, so that a page delivered to the wrong place or
 * in an older state changes the output.
 */
final class DemoData {

    private static final long SEED = 7;
    private static final int SECTION_BYTES = 96 << 10;

    private DemoData() {}

    /** Writes {@code bytes} bytes to {@code file}. */
    static void write(Path file, long bytes) throws IOException {
        Random random = new Random(SEED);
        byte[][] words = words(random);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            long left = bytes;
            while (left > 0) {
                byte[] section = section(random, words, bytes - left);
                int n = (int) Math.min(left, section.length);
                out.write(section, 0, n);
                left -= n;
            }
        }
    }

    private static byte[][] words(Random random) {
        byte[][] words = new byte[4000][];
        for (int i = 0; i < words.length; i++) {
            StringBuilder word = new StringBuilder();
            for (int syllables = 1 + random.nextInt(4); syllables > 0; syllables--) {
                word.append("bcdfghklmnprstvw".charAt(random.nextInt(16))).append("aeiou".charAt(random.nextInt(5)));
            }
            words[i] = word.toString().getBytes(StandardCharsets.US_ASCII);
        }
        return words;
    }

    private static byte[] section(Random random, byte[][] words, long position) {
        byte[] section = new byte[SECTION_BYTES];
        switch (random.nextInt(5)) {
            case 0 -> random.nextBytes(section);
            case 1 -> fillWithRecords(section, random, position);
            default -> fillWithText(section, random, words);
        }
        return section;
    }

    private static void fillWithText(byte[] section, Random random, byte[][] words) {
        int at = 0;
        while (at < section.length) {
            // Squaring favours low indices: some words are frequent, most are rare, as in a language.
            double u = random.nextDouble();
            byte[] word = words[(int) (u * u * u * words.length)];
            at = append(section, at, word);
            at = append(section, at, new byte[] {(byte) (random.nextInt(12) == 0 ? '\n' : ' ')});
        }
    }

    private static void fillWithRecords(byte[] section, Random random, long position) {
        int at = 0;
        for (int line = 0; at < section.length; line++) {
            String record = (position + line) + ";" + random.nextInt(1000) + ";" + (line % 7) + ";ok\n";
            at = append(section, at, record.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static int append(byte[] to, int at, byte[] bytes) {
        int n = Math.min(bytes.length, to.length - at);
        System.arraycopy(bytes, 0, to, at, n);
        return at + n;
    }
}
