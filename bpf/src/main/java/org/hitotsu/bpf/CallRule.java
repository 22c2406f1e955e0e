package org.hitotsu.bpf;

/**
 * What becomes of one system call of attached threads. The constants are those of capture.h.
 *
 * @param home of a thread at home
 * @param remote of a thread in a shadow
 * @param payload what memory goes with a forwarded call
 * @param payloadArg the argument that points to it, 0 to 5
 * @param lengthArg for {@code BYTES}, the argument that says how many, 0 to 5
 */
public record CallRule(Home home, Remote remote, Payload payload, int payloadArg, int lengthArg) {

    /** Made by the thread at home, forwarded without payload from elsewhere. */
    public static final CallRule DEFAULT = new CallRule(Home.LOCAL, Remote.FORWARD, Payload.NONE, 0, 0);

    /** The order is the C side's. */
    public enum Home {
        /** The thread makes it. */
        LOCAL,
        /** It is handed to the daemon. */
        CAPTURE,
        /** mmap: handed to the daemon if it replaces what is mapped, or locks what it maps. */
        CAPTURE_MAPPING,
        /** madvise: handed to the daemon if it drops content. */
        CAPTURE_DROPPING,
        /** clone: handed to the daemon if the child gets a copy of the memory. */
        CAPTURE_CLONE,
        /** The same for clone3. */
        CAPTURE_CLONE3,
        /** Handed to the daemon if the process is told of the processors of all nodes. */
        CAPTURE_AFFINITY,
        /** ioctl: handed to the daemon if a userfaultfd is to have memory. */
        CAPTURE_USERFAULTFD
    }

    /** The order is the C side's. */
    public enum Remote {
        /** Handed to the daemon. */
        FORWARD,
        /** The thread makes it. */
        LOCAL,
        /** Answered in the kernel with the process id, where that is known. */
        PID
    }

    /** The order is the C side's. */
    public enum Payload {
        NONE,
        /** Up to a NUL byte. */
        STRING,
        /** As many bytes as an argument says. */
        BYTES
    }

    /** Checks the arguments' numbers. */
    public CallRule {
        if (payloadArg < 0 || payloadArg > 5 || lengthArg < 0 || lengthArg > 5) {
            throw new IllegalArgumentException("a system call has arguments 0 to 5");
        }
    }

    /** The value in the program's table. */
    byte[] toBytes() {
        return new byte[] {
            (byte) home.ordinal(),
            (byte) remote.ordinal(),
            (byte) payload.ordinal(),
            (byte) payloadArg,
            (byte) lengthArg,
            0,
            0,
            0
        };
    }
}
