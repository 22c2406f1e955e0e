package org.hitotsu.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hitotsu.bpf.CaptureLayouts.Rule;
import org.hitotsu.bpf.CaptureLayouts.Space;
import org.hitotsu.bpf.spi.BpfLoader;

/**
 * Takes part in what the threads of attached processes do, on a kernel with {@code /dev/hitotsu}: by number, a system call
 * is made by the thread itself, answered in the kernel, or handed to the listener while the thread waits; whatever else
 * the kernel reports of these threads comes to the listener too.
 *
 * <p>Only processes that were {@linkplain #admit admitted} are spoken for. Programs of several daemons stand beside each
 * other on the same hooks, so the cookies by which processes are attached must be unique on the machine.
 *
 * <p>Nothing is lost: a thread whose event finds the ring full, or no programs attached, waits and offers it again.
 *
 * <p>Confined to one thread at a time. Put {@link #fd()} level-triggered on the event loop that calls {@link #poll}.
 */
public final class SyscallCapture implements AutoCloseable {

    private static final String RING = "hito_events";
    private final Bpf bpf;
    private final BpfTable rules;
    private final BpfTable spaces;
    private final RingBuffer ring;
    private final CaptureEvent event = new CaptureEvent();
    private final CaptureListener listener;
    private long malformed;

    private SyscallCapture(Bpf bpf, CaptureListener listener) throws BpfUnavailableException {
        this.bpf = bpf;
        this.listener = listener;
        rules = bpf.table("hito_rules");
        spaces = bpf.table("hito_spaces");
        ring = bpf.ringBuffer(RING, this::dispatch);
    }

    /**
     * Loads and attaches the programs. A tenth of a second: not for event loops.
     *
     * @throws BpfUnavailableException if this kernel has no such hooks, or refuses
     */
    public static SyscallCapture open(BpfLoader loader, CaptureListener listener) throws BpfUnavailableException {
        Bpf bpf = Bpf.open(BpfSource.compiled("capture"), loader, BpfOptions.none());
        try {
            SyscallCapture capture = new SyscallCapture(bpf, listener);
            bpf.attachAll();
            return capture;
        } catch (BpfUnavailableException | RuntimeException e) {
            bpf.close();
            throw e;
        }
    }

    /** Says what becomes of a system call from now on; at first all have {@link CallRule#DEFAULT}. */
    public void rule(int number, CallRule rule) {
        if (number < 0 || number >= Rule.CALLS) {
            throw new IllegalArgumentException("system call " + number + " has no place in the table");
        }
        byte[] key = ByteBuffer.allocate(4)
                .order(ByteOrder.nativeOrder())
                .putInt(number)
                .array();
        require(rules.put(key, rule.toBytes()), "the rules");
    }

    /**
     * Speaks for a process from now on; to be called before it is attached, so that none of its events is nobody's.
     *
     * @param cookie with which it is attached
     * @param shared whether calls of its threads at home mean something; until then they make all of them themselves
     * @param clusterCpus whether {@link CallRule.Home#CAPTURE_AFFINITY} captures
     * @param coresPiped whether a core file of it goes to another program, which the limit of 0 does not keep from that
     * @param answerPid what getpid() is answered with in a shadow; 0 to forward it
     */
    public void admit(long cookie, boolean shared, boolean clusterCpus, boolean coresPiped, int answerPid) {
        long flags = (shared ? Space.FLAG_SHARED : 0)
                | (clusterCpus ? Space.FLAG_CLUSTER_CPUS : 0)
                | (coresPiped ? Space.FLAG_CORES_PIPED : 0);
        require(spaces.put(cookie, (long) answerPid << 32 | flags), "the attached processes");
    }

    private static void require(int result, String table) {
        if (result < 0) {
            throw new IllegalStateException("the table of " + table + " took no entry: error " + -result);
        }
    }

    /** Ends {@link #admit}; no-op if it was not. What its threads do is nobody's then. */
    public void dismiss(long cookie) {
        spaces.delete(cookie);
    }

    /** Readable while records wait; to be watched level-triggered, and not to be closed. */
    public int fd() {
        return ring.fd();
    }

    /**
     * Calls the listener for at most {@code maxRecords} waiting records, oldest first; never blocks.
     *
     * @return how many there were
     */
    public int poll(int maxRecords) {
        return ring.poll(maxRecords);
    }

    /** Records that were none of the kernel's, since {@link #open}. */
    public long malformed() {
        return malformed;
    }

    private void dispatch(ByteBuffer data, int offset, int length) {
        if (event.wrap(data, offset, length)) {
            listener.onEvent(event);
        } else {
            malformed++;
        }
    }

    /** Detaches and unloads. Not for event loops: it waits for the kernel to let go of the programs. */
    @Override
    public void close() {
        bpf.close();
    }
}
