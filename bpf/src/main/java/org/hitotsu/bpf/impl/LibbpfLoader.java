package org.hitotsu.bpf.impl;

import java.util.Optional;
import org.hitotsu.bpf.BpfOptions;
import org.hitotsu.bpf.BpfSource;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.spi.BpfLoader;
import org.hitotsu.bpf.spi.BpfModule;

/** Loads the CO-RE object that was built with the project, by libbpf 1.1 or later. */
public final class LibbpfLoader implements BpfLoader {

    private static final String REMEDY =
            "install libbpf " + Libbpf.MAJOR + "." + Libbpf.MINOR + " or later (package libbpf1 or libbpf)";

    @Override
    public String name() {
        return "libbpf";
    }

    @Override
    public Optional<String> unavailable() {
        try {
            int major = Libbpf.libbpf_major_version();
            int minor = Libbpf.libbpf_minor_version();
            return major > Libbpf.MAJOR || (major == Libbpf.MAJOR && minor >= Libbpf.MINOR)
                    ? Optional.empty()
                    : Optional.of("libbpf " + major + "." + minor + " is too old; " + REMEDY);
        } catch (LinkageError e) {
            // UnsatisfiedLinkError the first time, NoClassDefFoundError ever after.
            return Optional.of("libbpf.so.1 cannot be loaded; " + REMEDY);
        }
    }

    @Override
    public BpfModule load(BpfSource source, BpfOptions options) throws BpfUnavailableException {
        Optional<String> reason = unavailable();
        if (reason.isPresent()) {
            throw new BpfUnavailableException(source.name(), "load", 0, reason.get(), REMEDY, "");
        }
        return LibbpfModule.load(source, options);
    }
}
