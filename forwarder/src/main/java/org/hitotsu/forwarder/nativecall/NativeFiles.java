package org.hitotsu.forwarder.nativecall;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Executables from the jar, as anonymous files in memory: nothing is written to a file system, which may be mounted
 * noexec. Any thread may call.
 */
public final class NativeFiles implements AutoCloseable {
    private final Map<String, Integer> descriptors = new HashMap<>();

    /**
     * A path under which {@code name} can be executed by this process and its children while this object is open.
     *
     * @throws IllegalStateException if the jar lacks it
     */
    public synchronized String path(String name) {
        int fd = descriptors.computeIfAbsent(name, NativeFiles::load);
        return "/proc/" + Linux.getpid() + "/fd/" + fd;
    }

    private static int load(String name) {
        byte[] image;
        try (InputStream in = NativeFiles.class.getResourceAsStream("/native/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + ": not in the jar; build the forwarder module with Maven");
            }
            image = in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long fd = Linux.memfdCreate(name);
        if (fd < 0) {
            throw new IllegalStateException(name + ": " + Linux.errorName(fd));
        }
        try (NativeMemory buffer = new NativeMemory(image.length)) {
            NativeMemory.copyIn(buffer.address(), image, 0, image.length);
            long put = Linux.call(Linux.NR_WRITE, fd, buffer.address(), image.length);
            if (put != image.length) {
                Linux.close((int) fd);
                throw new IllegalStateException(name + ": " + Linux.errorName(put));
            }
        }
        return (int) fd;
    }

    @Override
    public synchronized void close() {
        descriptors.values().forEach(Linux::close);
        descriptors.clear();
    }
}
