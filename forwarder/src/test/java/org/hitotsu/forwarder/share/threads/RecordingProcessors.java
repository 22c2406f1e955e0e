package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * An origin with processors 0 and 1, of which a kernel would say what this says, and one page of memory at 0x1000; sets are
 * written down.
 */
final class RecordingProcessors implements ProcessorPort, CallMemory {
    static final long MEMORY = 0x1000;

    final byte[] memory = new byte[4096];
    final Map<Integer, BitSet> allowed = new HashMap<>();
    /** What is answered in place of memory, to be completed by the test; null for memory. */
    @Nullable
    Future<Boolean> slowWrite;

    private final List<String> log;

    RecordingProcessors(List<String> log) {
        this.log = log;
    }

    @Override
    public int numbers() {
        return 2;
    }

    @Override
    public int maskBytes() {
        return 8;
    }

    @Override
    public long allowed(int tid, byte[] mask) {
        BitSet set = allowed.get(tid);
        if (set == null) {
            return -Linux.ESRCH;
        }
        byte[] bytes = set.toByteArray();
        System.arraycopy(bytes, 0, mask, 0, bytes.length);
        return 0;
    }

    /** Processor 1 alone is outside of what the process is confined to. */
    @Override
    public long allow(int tid, byte[] mask) {
        BitSet set = BitSet.valueOf(mask);
        log.add("allow " + tid + " " + set);
        set.and(BitSet.valueOf(new byte[] {1}));
        if (set.isEmpty()) {
            return -Linux.EINVAL;
        }
        allowed.put(tid, set);
        return 0;
    }

    @Override
    public Future<byte @Nullable []> read(int tid, long address, int length) {
        if (!mapped(address, length)) {
            return Future.succeededFuture(null);
        }
        int from = (int) (address - MEMORY);
        return Future.succeededFuture(Arrays.copyOfRange(memory, from, from + length));
    }

    @Override
    public Future<Boolean> write(int tid, long address, byte[] bytes) {
        if (slowWrite != null) {
            return slowWrite;
        }
        if (mapped(address, bytes.length)) {
            System.arraycopy(bytes, 0, memory, (int) (address - MEMORY), bytes.length);
            return Future.succeededFuture(true);
        }
        return Future.succeededFuture(false);
    }

    private boolean mapped(long address, int length) {
        return address >= MEMORY && address + length <= MEMORY + memory.length;
    }
}
