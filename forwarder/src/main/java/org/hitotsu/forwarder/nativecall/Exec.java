package org.hitotsu.forwarder.nativecall;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** execve(2) of this process. */
public final class Exec {
    private static final int NR_CLOSE_RANGE = 436;

    private Exec() {}

    /**
     * Replaces the Java virtual machine by {@code path}, with the environment this process was started with and none of
     * the virtual machine's own descriptors. Returns only by failing.
     *
     * @param inherited descriptors above 2 which this process was started with, and which stay open
     * @param argv each argument as the bytes it has
     * @throws IOException if the kernel refuses
     */
    public static void replaceThisProcess(String path, List<byte[]> argv, Set<Integer> inherited) throws IOException {
        long environment = NativeLibrary.getInstance("c")
                .getGlobalVariableAddress("environ")
                .getLong(0);
        NativeMemory file = NativeMemory.ofString(path);
        NativeMemory table = new NativeMemory(8L * (argv.size() + 1));
        for (int i = 0; i < argv.size(); i++) {
            byte[] argument = Arrays.copyOf(argv.get(i), argv.get(i).length + 1);
            NativeMemory bytes = new NativeMemory(argument.length);
            NativeMemory.copyIn(bytes.address(), argument, 0, argument.length);
            NativeMemory.putLong(table.address() + 8L * i, bytes.address());
        }
        int closeOnExec = 4;
        Linux.call(NR_CLOSE_RANGE, 3, 0xffffffffL, closeOnExec);
        for (int fd : inherited) {
            int setFlags = 2;
            Linux.call(Linux.NR_FCNTL, fd, setFlags, 0);
        }
        System.out.flush();
        System.err.flush();
        long result = Linux.call(Linux.NR_EXECVE, file.address(), table.address(), environment);
        throw new IOException(path + ": can't be executed: " + Linux.errorName(result));
    }
}
