package org.hitotsu.bpf.spi;

/**
 * A map of a loaded object.
 *
 * @param name as in the source
 * @param fd its descriptor, owned by the object
 * @param type the kernel's enum bpf_map_type
 * @param keySize bytes
 * @param valueSize bytes of one value; of one CPU's value in a per-CPU map
 * @param maxEntries entries; bytes for a ring buffer
 */
public record MapInfo(String name, int fd, int type, int keySize, int valueSize, int maxEntries) {

    public static final int TYPE_PERCPU_HASH = 5;
    public static final int TYPE_PERCPU_ARRAY = 6;
    public static final int TYPE_LRU_PERCPU_HASH = 10;
    public static final int TYPE_RINGBUF = 27;

    /** Whether a lookup yields one value for each possible CPU. */
    public boolean perCpu() {
        return type == TYPE_PERCPU_ARRAY || type == TYPE_PERCPU_HASH || type == TYPE_LRU_PERCPU_HASH;
    }
}
