package org.hitotsu.bpf;

import org.hitotsu.bpf.impl.LibbpfLoader;
import org.hitotsu.bpf.spi.BpfLoader;

/** The loaders there are. */
public final class BpfLoaders {

    private static final BpfLoader LIBBPF = new LibbpfLoader();

    private BpfLoaders() {}

    /** Loads the CO-RE object built with the project; the default. */
    public static BpfLoader libbpf() {
        return LIBBPF;
    }
}
