package org.hitotsu.bpf;

import org.hitotsu.bpf.impl.LibbccLoader;
import org.hitotsu.bpf.impl.LibbpfLoader;
import org.hitotsu.bpf.spi.BpfLoader;

/** The loaders there are. */
public final class BpfLoaders {

    private static final BpfLoader LIBBPF = new LibbpfLoader();
    private static final BpfLoader LIBBCC = new LibbccLoader();

    private BpfLoaders() {}

    /** Loads the CO-RE object built with the project; the default. */
    public static BpfLoader libbpf() {
        return LIBBPF;
    }

    /** Compiles the C source when it is loaded; only where libbcc is installed. Slower and larger than libbpf. */
    public static BpfLoader libbcc() {
        return LIBBCC;
    }
}
