package org.hitotsu.bpf;

import java.nio.ByteBuffer;
import org.hitotsu.bpf.impl.Errno;
import org.hitotsu.bpf.spi.BpfLoader;
import org.jspecify.annotations.Nullable;

/**
 * Watches the syscalls and page faults of shared processes on this node without touching them.
 *
 * <p><b>Forward latency.</b> For a watched thread, each wait inside a syscall is reported with its number and the time
 * from going off the CPU to running again. On a remote node every captured syscall parks the thread in seccomp, so this
 * is the entry-to-inject time without the few hundred nanoseconds on either side. A call answered before the thread
 * reached the scheduler is not seen. Waits for pages in user mode, ptrace stops and preemption are not reported.
 *
 * <p><b>Page faults.</b> For a watched process, each fault taken in user mode, with address and instruction. Faults
 * inside a syscall are not reported.
 *
 * <p>While a hook is attached every process of the machine pays for it (measured on 6.18: 60 ns a context switch, 20 ns
 * a page fault), so each is attached by the first watch and detached by the last unwatch. Attaching takes 0.3 ms, and up
 * to 20 ms soon after the same hook was detached, when the kernel waits for an RCU grace period.
 *
 * <p>Records wait in a ring; those which find it full are dropped and counted. Thread and process ids are the initial pid
 * namespace's. The kernel knows nothing of this object once it is closed, or its process dead.
 *
 * <p>Two threads may share it: one reads ({@link #fd}, {@link #poll}, {@link #await} and the counters), the other watches
 * and unwatches, which can take too long for an event loop. Neither may be at work when it is closed. Put {@link #fd()}
 * level-triggered on the event loop that calls {@link #poll}.
 */
public final class SyscallObserver implements AutoCloseable {

    private static final String FORWARD_PROGRAM = "hito_switch";
    private static final String FAULT_PROGRAM = "hito_fault";
    private static final String RING = "hito_ring";

    /** Index of the counter beside those of the record types; see observer.bpf.c. */
    private static final int UNSEEN = 0;

    private final Bpf bpf;
    private final Watch threads;
    private final Watch processes;
    private final BpfTable lost;
    private final RingBuffer ring;
    private final ForwardListener forwards;
    private final FaultListener faults;

    private SyscallObserver(Bpf bpf, ForwardListener forwards, FaultListener faults) throws BpfUnavailableException {
        this.bpf = bpf;
        this.forwards = forwards;
        this.faults = faults;
        threads = new Watch(bpf, FORWARD_PROGRAM, bpf.table("hito_threads"));
        processes = new Watch(bpf, FAULT_PROGRAM, bpf.table("hito_processes"));
        lost = bpf.table("hito_lost");
        ring = bpf.ringBuffer(RING, this::dispatch);
    }

    /** As {@link #open(BpfLoader, Options, ForwardListener, FaultListener)} with libbpf and the default options. */
    public static SyscallObserver open(ForwardListener forwards, FaultListener faults) throws BpfUnavailableException {
        return open(BpfLoaders.libbpf(), Options.DEFAULT, forwards, faults);
    }

    /**
     * Loads the programs; nothing is attached or watched yet. Tens of milliseconds: not for event loops.
     *
     * @throws BpfUnavailableException if this kernel or user cannot; the message says what would help
     */
    public static SyscallObserver open(
            BpfLoader loader, Options options, ForwardListener forwards, FaultListener faults)
            throws BpfUnavailableException {
        BpfOptions load = BpfOptions.none()
                .withConstant("hito_wakeup_bytes", options.wakeupBytes)
                .withMaxEntries(RING, options.ringBytes);
        Bpf bpf = Bpf.open(BpfSource.resource("observer"), loader, load);
        try {
            return new SyscallObserver(bpf, forwards, faults);
        } catch (BpfUnavailableException | RuntimeException e) {
            bpf.close();
            throw e;
        }
    }

    /**
     * Sizes of an observer.
     *
     * @param ringBytes the ring's size, a power of two and a multiple of the page size, at most 512 MiB
     * @param wakeupBytes {@link #fd()} becomes readable about when so many bytes wait; 0: with the first record after the
     *     reader has caught up. With a threshold the reader also polls by a timer, or the last records stay unread.
     */
    public record Options(int ringBytes, int wakeupBytes) {
        /** 1 MiB, some 22,000 records; every record wakes. */
        public static final Options DEFAULT = new Options(1 << 20, 0);
    }

    /**
     * Reports the waits of a thread from now on; no-op if it is watched. Attaches the hook if it is the first one.
     *
     * @throws BpfUnavailableException if the hook cannot be attached or the table is full
     */
    public void watchThread(int tid) throws BpfUnavailableException {
        threads.add(tid);
    }

    /** Ends {@link #watchThread}; no-op if it is not watched. Call it when the thread ends: ids are used again. */
    public void unwatchThread(int tid) {
        threads.remove(tid);
    }

    /**
     * Reports the page faults of a process from now on; no-op if it is watched. Attaches the hook if it is the first one.
     *
     * @throws BpfUnavailableException if the hook cannot be attached or the table is full
     */
    public void watchProcess(int tgid) throws BpfUnavailableException {
        processes.add(tgid);
    }

    /** Ends {@link #watchProcess}; no-op if it is not watched. Call it when the process ends. */
    public void unwatchProcess(int tgid) {
        processes.remove(tgid);
    }

    /** Readable while records wait; to be watched level-triggered, and not to be closed. */
    public int fd() {
        return ring.fd();
    }

    /**
     * Calls the listeners for at most {@code maxRecords} waiting records, oldest first; never blocks, allocates nothing.
     *
     * @return how many there were; less than {@code maxRecords} if the ring is drained
     */
    public int poll(int maxRecords) {
        return ring.poll(maxRecords);
    }

    /** Blocks until a record waits, at most so many milliseconds (negative: for ever). Not for event loops. */
    public boolean await(int timeoutMillis) {
        return ring.await(timeoutMillis);
    }

    /** Syscall waits that were dropped because the ring was full, since {@link #open}. */
    public long lostForwards() {
        return lost.sum(RecordLayouts.TYPE_FORWARD);
    }

    /**
     * Syscall waits without a report because the scheduler's tracepoint did not show their end, since {@link #open}. Under
     * load the kernel leaves out a few switches in ten thousand (measured on 6.18).
     */
    public long unseenForwards() {
        return lost.sum(UNSEEN);
    }

    /** Page faults that were dropped because the ring was full, since {@link #open}. */
    public long lostFaults() {
        return lost.sum(RecordLayouts.TYPE_FAULT);
    }

    /** Detaches, unloads, and waits for the kernel to let go (at most two seconds). Records not polled are lost. */
    @Override
    public void close() {
        bpf.close();
    }

    /** The kernel's id of a program; for tests. */
    int programId(String program) {
        return bpf.programId(program);
    }

    private void dispatch(ByteBuffer data, int offset, int length) {
        switch (data.getInt(offset + RecordLayouts.TYPE)) {
            case RecordLayouts.TYPE_FORWARD ->
                forwards.onForward(
                        data.getInt(offset + RecordLayouts.Forward.TID),
                        data.getInt(offset + RecordLayouts.Forward.NR),
                        data.getLong(offset + RecordLayouts.Forward.NS_OUT),
                        data.getLong(offset + RecordLayouts.Forward.NS_IN),
                        (data.getInt(offset + RecordLayouts.Forward.FLAGS) & RecordLayouts.Forward.FLAG_SIGNAL) != 0);
            case RecordLayouts.TYPE_FAULT ->
                faults.onFault(
                        data.getInt(offset + RecordLayouts.Fault.TID),
                        data.getInt(offset + RecordLayouts.Fault.TGID),
                        data.getLong(offset + RecordLayouts.Fault.ADDRESS),
                        data.getLong(offset + RecordLayouts.Fault.IP),
                        FaultAccess.of(data.getInt(offset + RecordLayouts.Fault.ERROR_CODE)),
                        data.getLong(offset + RecordLayouts.Fault.NS));
            default -> throw new IllegalStateException("a record of unknown type and " + length + " bytes");
        }
    }

    /** The filter of one program, and its link while the filter is not empty. */
    private static final class Watch {
        private final Bpf bpf;
        private final String program;
        private final BpfTable filter;
        private int watched;
        private @Nullable BpfLink link;

        Watch(Bpf bpf, String program, BpfTable filter) {
            this.bpf = bpf;
            this.program = program;
            this.filter = filter;
        }

        void add(int id) throws BpfUnavailableException {
            if (filter.contains(id)) {
                return;
            }
            // The entry first: attached with an empty filter the hook would only cost.
            int result = filter.putZero(id);
            if (result < 0) {
                throw new BpfUnavailableException(
                        program,
                        "watch " + id,
                        -result,
                        null,
                        "at most " + filter.maxEntries() + " can be watched at once",
                        "");
            }
            if (link == null) {
                try {
                    link = bpf.attachRawTracepoint(program);
                } catch (BpfUnavailableException e) {
                    filter.delete(id);
                    throw e;
                }
            }
            watched++;
        }

        void remove(int id) {
            int result = filter.delete(id);
            if (result == -Errno.ENOENT) {
                return;
            }
            if (result < 0) {
                throw new IllegalStateException("delete in BPF map " + filter.name() + ": " + Errno.describe(-result));
            }
            if (--watched == 0 && link != null) {
                link.close();
                link = null;
            }
        }
    }
}
