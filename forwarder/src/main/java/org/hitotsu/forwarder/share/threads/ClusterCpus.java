package org.hitotsu.forwarder.share.threads;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * The processors that a program sees which was started with {@code --cpus=all}: the origin's under their own numbers, and
 * behind the last number that the origin's kernel may ever use, one for each processor of the other nodes.
 *
 * <p>Which of the origin's a thread may run on, its kernel knows. Which of the others it was given means nothing to any
 * kernel; it is only remembered here, to be told again, and outlives the programs that the process executes. Event loop
 * only.
 */
public final class ClusterCpus {
    /**
     * What a thread has chosen.
     *
     * @param others of the other nodes' processors
     * @param homeless whether it has chosen none of the origin's, though it runs there when it is at home
     */
    private record Choice(BitSet others, boolean homeless) {}

    private final int ofOrigin;
    private final int numbers;
    private final int originMaskBytes;
    private final int maskBytes;
    private final Choice all;
    /** Of the threads that have not {@link #all}. */
    private final Map<Integer, Choice> choices = new HashMap<>();
    /** Of the thread that was the last to come to an execve. */
    private Choice executing;

    /**
     * @param ofOrigin processor numbers of the origin's kernel
     * @param originMaskBytes bytes of its masks
     * @param ofOthers processors of all other nodes together
     */
    public ClusterCpus(int ofOrigin, int originMaskBytes, int ofOthers) {
        this.ofOrigin = ofOrigin;
        this.originMaskBytes = originMaskBytes;
        numbers = ofOrigin + ofOthers;
        maskBytes = Math.max(originMaskBytes, (numbers + 63) / 64 * 8);
        BitSet others = new BitSet();
        others.set(ofOrigin, numbers);
        all = new Choice(others, false);
        executing = all;
    }

    /** What the kernel would have as nr_cpu_ids. */
    public int numbers() {
        return numbers;
    }

    /** Bytes of a mask of the origin's kernel. */
    int originMaskBytes() {
        return originMaskBytes;
    }

    /**
     * What sched_getaffinity answers where {@code length} bytes are offered: how many of them it fills, or {@code -EINVAL} for
     * too few or a broken word (kernel/sched/syscalls.c).
     *
     * @param length an unsigned int, in the lower half
     */
    long bytesTold(long length) {
        int bytes = (int) length;
        // The kernel multiplies in 32 bits, too.
        if (Integer.compareUnsigned(8 * bytes, numbers) < 0 || (bytes & 7) != 0) {
            return -Linux.EINVAL;
        }
        return Integer.compareUnsigned(bytes, maskBytes) < 0 ? bytes : maskBytes;
    }

    /**
     * How many of the {@code length} bytes that are given to it sched_setaffinity reads.
     *
     * @param length an unsigned int, in the lower half
     */
    int bytesRead(long length) {
        return (int) Math.min(length & 0xffffffffL, maskBytes);
    }

    /** The mask of a thread that the origin's kernel lets run on {@code real}, in {@code bytes} bytes. */
    byte[] told(int tid, byte[] real, int bytes) {
        Choice choice = choices.getOrDefault(tid, all);
        BitSet seen = (BitSet) choice.others().clone();
        if (!choice.homeless()) {
            BitSet home = BitSet.valueOf(real);
            home.clear(ofOrigin, Math.max(ofOrigin, home.length()));
            seen.or(home);
        }
        return Arrays.copyOf(seen.toByteArray(), bytes);
    }

    /** What of a mask concerns the origin's kernel, in bytes of its own masks; null if nothing does. */
    byte @Nullable [] atOrigin(byte[] mask) {
        BitSet home = BitSet.valueOf(mask).get(0, ofOrigin);
        return home.isEmpty() ? null : Arrays.copyOf(home.toByteArray(), originMaskBytes);
    }

    /** Whether a mask has a processor of another node. */
    boolean hasOthers(byte[] mask) {
        return !others(mask).isEmpty();
    }

    private BitSet others(byte[] mask) {
        BitSet chosen = BitSet.valueOf(mask);
        chosen.and(all.others());
        return chosen;
    }

    /**
     * Remembers what a thread has chosen.
     *
     * @param applied whether the origin's kernel has taken what concerns it
     */
    void choose(int tid, byte[] mask, boolean applied) {
        put(tid, new Choice(others(mask), !applied));
    }

    private void put(int tid, Choice choice) {
        if (choice.equals(all)) {
            choices.remove(tid);
        } else {
            choices.put(tid, choice);
        }
    }

    /**
     * A new thread has what the one had that made it. If that is not known (0), it has what all the others have, or else
     * everything.
     *
     * @param living the threads that there are without it
     */
    void created(int tid, int creator, Iterable<Integer> living) {
        if (creator != 0) {
            put(tid, choices.getOrDefault(creator, all));
            return;
        }
        Choice common = null;
        for (int other : living) {
            Choice its = choices.getOrDefault(other, all);
            if (common != null && !its.equals(common)) {
                put(tid, all);
                return;
            }
            common = its;
        }
        put(tid, common == null ? all : common);
    }

    void gone(int tid) {
        choices.remove(tid);
    }

    /** A thread comes to an execve. */
    void executes(int tid) {
        executing = choices.getOrDefault(tid, all);
    }

    /** The execve has happened: that thread is the only one, and the process's first now. */
    void replaced(int pid) {
        choices.clear();
        put(pid, executing);
    }
}
