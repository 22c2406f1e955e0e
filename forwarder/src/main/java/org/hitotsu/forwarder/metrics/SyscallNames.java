package org.hitotsu.forwarder.metrics;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Names of x86-64 syscalls, from the kernel's arch/x86/entry/syscalls/syscall_64.tbl. */
public final class SyscallNames {

    private static final int LIMIT = 512;
    private static final @Nullable String[] NAMES = load();

    private SyscallNames() {}

    /** Name of the syscall with this number, or {@code unknown} if the table has none. */
    public static String name(int number) {
        String name = number >= 0 && number < LIMIT ? NAMES[number] : null;
        return name != null ? name : "unknown";
    }

    private static @Nullable String[] load() {
        @Nullable String[] names = new @Nullable String[LIMIT];
        try (InputStream in = SyscallNames.class.getResourceAsStream("syscalls-x86_64.txt")) {
            if (in == null) {
                throw new IllegalStateException("syscalls-x86_64.txt is missing from the jar");
            }
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int space = line.indexOf(' ');
                names[Integer.parseInt(line.substring(0, space))] = line.substring(space + 1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }
}
