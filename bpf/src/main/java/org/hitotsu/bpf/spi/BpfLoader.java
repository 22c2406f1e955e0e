package org.hitotsu.bpf.spi;

import java.util.Optional;
import org.hitotsu.bpf.BpfOptions;
import org.hitotsu.bpf.BpfSource;
import org.hitotsu.bpf.BpfUnavailableException;

/** A library that brings eBPF programs into the kernel. Implementations are stateless and thread-safe. */
public interface BpfLoader {

    /** The library, e.g. "libbpf". */
    String name();

    /** Why this loader cannot be used here (not installed, too old); empty if it can. Tries the library, not the kernel. */
    Optional<String> unavailable();

    /**
     * Loads every program of a source; nothing is attached yet.
     *
     * @throws BpfUnavailableException if the library is missing or the kernel refuses
     */
    BpfModule load(BpfSource source, BpfOptions options) throws BpfUnavailableException;
}
