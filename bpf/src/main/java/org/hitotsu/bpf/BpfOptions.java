package org.hitotsu.bpf;

import java.util.LinkedHashMap;
import java.util.Map;

/** What is set between opening an object and loading it. A value: {@code with} methods answer a changed copy. */
public final class BpfOptions {

    private static final BpfOptions NONE = new BpfOptions(Map.of(), Map.of());

    private final Map<String, Long> constants;
    private final Map<String, Integer> maxEntries;

    private BpfOptions(Map<String, Long> constants, Map<String, Integer> maxEntries) {
        this.constants = constants;
        this.maxEntries = maxEntries;
    }

    /** The object as it was compiled. */
    public static BpfOptions none() {
        return NONE;
    }

    /** Gives a {@code const volatile} global of 1, 2, 4 or 8 bytes another value; the verifier treats it as known. */
    public BpfOptions withConstant(String name, long value) {
        Map<String, Long> copy = new LinkedHashMap<>(constants);
        copy.put(name, value);
        return new BpfOptions(copy, maxEntries);
    }

    /** Sizes a map: entries, or bytes (a power of two and a multiple of the page size) for a ring buffer. */
    public BpfOptions withMaxEntries(String map, int entries) {
        Map<String, Integer> copy = new LinkedHashMap<>(maxEntries);
        copy.put(map, entries);
        return new BpfOptions(constants, copy);
    }

    /** Constants by name. */
    public Map<String, Long> constants() {
        return Map.copyOf(constants);
    }

    /** Sizes by map. */
    public Map<String, Integer> maxEntries() {
        return Map.copyOf(maxEntries);
    }
}
