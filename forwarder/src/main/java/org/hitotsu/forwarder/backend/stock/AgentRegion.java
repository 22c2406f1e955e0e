package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.function.LongConsumer;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/**
 * The agent region of one process, as the daemon sees it: a memfd which both map. The daemon reads and writes mailboxes
 * through its own mapping; that memory is never registered with userfaultfd, so touching it can't block.
 *
 * <p>The process can write its slots (a wild store of the program ends here like anywhere else), so nothing read from
 * them is trusted beyond that process. Slots are handed out on the event loop.
 */
final class AgentRegion implements AutoCloseable {
    /** Slots that moves leave free: for threads at home that make a call on a futex in the agent, or end there. */
    static final int KEPT_FROM_MOVES = 512;
    /** Of these, the ones that calls leave: such a call may last until another thread has ended. */
    static final int KEPT_FOR_ENDS = 64;

    /** Behind the control slot: what the helper reads. */
    private static final int HELPER_SLOTS = 1;

    private static final int FIRST_SLOT = CONTROL_SLOTS + HELPER_SLOTS;
    /** Slots for threads. */
    static final int SLOTS = (AGENT_SIZE - AGENT_CODE_SIZE) / SLOT_SIZE - FIRST_SLOT;

    private static final byte[] IMAGE = load();

    private final int memfd;
    private long mapping;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final ArrayDeque<LongConsumer> ending = new ArrayDeque<>();

    /** @throws IOException if the kernel refuses the memory */
    AgentRegion() throws IOException {
        long fd = Linux.memfdCreate("hitotsu-agent");
        if (fd < 0) {
            throw new IOException("agent region: " + Linux.errorName(fd));
        }
        memfd = (int) fd;
        Linux.call(Linux.NR_FTRUNCATE, memfd, AGENT_SIZE, 0);
        long at = Linux.mmap(0, AGENT_SIZE, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, memfd, 0);
        if (at < 0) {
            Linux.close(memfd);
            throw new IOException("agent region: " + Linux.errorName(at));
        }
        mapping = at;
        NativeMemory.copyIn(mapping, IMAGE, 0, IMAGE.length);
        for (int i = 0; i < SLOTS; i++) {
            free.add(FIRST_SLOT + i);
        }
    }

    private static byte[] load() {
        try (InputStream in = AgentRegion.class.getResourceAsStream("/native/agent.bin")) {
            if (in == null) {
                throw new IllegalStateException("agent.bin: not in the jar; build the forwarder module with Maven");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int memfd() {
        return memfd;
    }

    /** Entry {@code index} of the agent's table (entry.S). */
    private static long entry(int index) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | IMAGE[8 * index + i] & 0xff;
        }
        return value;
    }

    static long loopEntry() {
        return entry(1);
    }

    /** The deputy's {@code syscall} instruction. */
    static long execCall() {
        return entry(2);
    }

    /** Behind it. */
    static long execReturn() {
        return entry(3);
    }

    /** Where the mailbox holds the result. */
    static long execDone() {
        return entry(4);
    }

    static long spawnHelperEntry() {
        return entry(5);
    }

    static long injectEntry() {
        return entry(7);
    }

    /**
     * Takes a slot for a thread.
     *
     * @param kept how many slots are to be left free
     * @return the slot's address in the process
     * @throws IllegalStateException if there is none
     */
    long takeSlot(int kept) {
        if (free.size() <= kept) {
            throw new IllegalStateException(
                    "the agent has no place for it: at most " + (SLOTS - kept) + " threads of a program can be there");
        }
        return take();
    }

    /** Takes a slot for a thread that ends in it: now, or when one is free, which each of those before it leaves behind. */
    void takeSlotToEnd(LongConsumer taker) {
        if (free.isEmpty()) {
            ending.add(taker);
        } else {
            taker.accept(take());
        }
    }

    private long take() {
        long address = SLOT_BASE + (long) free.removeFirst() * SLOT_SIZE;
        NativeMemory.zero(local(address), 128);
        return address;
    }

    void freeSlot(long address) {
        free.addFirst((int) ((address - SLOT_BASE) / SLOT_SIZE));
        LongConsumer next = ending.poll();
        if (next != null) {
            next.accept(take());
        }
    }

    /** What the helper reads: two of struct iovec, and behind them the bytes. */
    static long readSlot() {
        return SLOT_BASE + (long) CONTROL_SLOTS * SLOT_SIZE;
    }

    static long controlSlot() {
        return SLOT_BASE;
    }

    /** An instruction without effect, for the trap behind it. */
    static long trapEntry() {
        return entry(10);
    }

    /** Where the daemon sees address {@code inProcess} of the region. */
    long local(long inProcess) {
        if (inProcess < AGENT_BASE || inProcess >= AGENT_END) {
            throw new IllegalArgumentException(
                    "address 0x" + Long.toHexString(inProcess) + " is not in the agent region");
        }
        if (mapping == 0) {
            throw new IllegalStateException("the agent region is unmapped");
        }
        return mapping + (inProcess - AGENT_BASE);
    }

    /** Fills a mailbox; {@code state} last, since a sleeping deputy executes what is REQUESTED at any wake-up. */
    void request(long slot, long nr, long[] args, int state) {
        long box = local(slot);
        NativeMemory.putLong(box + BOX_NR, nr);
        for (int i = 0; i < 6; i++) {
            NativeMemory.putLong(box + BOX_ARGS + 8L * i, i < args.length ? args[i] : 0);
        }
        NativeMemory.putIntVolatile(box + BOX_STATE, state);
    }

    /** On the event loop or the tracing thread. */
    synchronized int state(long slot) {
        return NativeMemory.getIntVolatile(local(slot) + BOX_STATE);
    }

    void setState(long slot, int state) {
        NativeMemory.putIntVolatile(local(slot) + BOX_STATE, state);
    }

    /** As {@link #state}. */
    synchronized long result(long slot) {
        return NativeMemory.getLong(local(slot) + BOX_RESULT);
    }

    /** Stack pointer with which the thread of {@code slot} enters the agent's loop; 16-byte aligned. */
    static long stackTop(long slot) {
        return slot == controlSlot() ? slot + (long) CONTROL_SLOTS * SLOT_SIZE : slot + SLOT_SIZE;
    }

    /** Synchronized with those that the tracing thread may be in, of a thread whose process has just ended. */
    @Override
    public synchronized void close() {
        ending.clear();
        if (mapping != 0) {
            Linux.munmap(mapping, AGENT_SIZE);
            Linux.close(memfd);
            mapping = 0;
        }
    }
}
