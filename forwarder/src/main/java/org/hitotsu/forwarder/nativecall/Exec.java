package org.hitotsu.forwarder.nativecall;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.util.List;

/** execve(2) of this process. */
public final class Exec {
    private Exec() {}

    /**
     * Replaces the Java virtual machine by {@code path}, with the environment this process was started with. Returns only
     * by failing. Descriptors of the virtual machine are close-on-exec already (it opens all of its own that way); those
     * the process was started with stay.
     *
     * @throws IOException if the kernel refuses
     */
    public static void replaceThisProcess(String path, List<String> argv) throws IOException {
        long environment = NativeLibrary.getInstance("c")
                .getGlobalVariableAddress("environ")
                .getLong(0);
        NativeMemory file = NativeMemory.ofString(path);
        NativeMemory table = new NativeMemory(8L * (argv.size() + 1));
        for (int i = 0; i < argv.size(); i++) {
            NativeMemory.putLong(
                    table.address() + 8L * i, NativeMemory.ofString(argv.get(i)).address());
        }
        System.out.flush();
        System.err.flush();
        long result = Linux.call(Linux.NR_EXECVE, file.address(), table.address(), environment);
        throw new IOException(path + ": can't be executed: " + Linux.errorName(result));
    }
}
