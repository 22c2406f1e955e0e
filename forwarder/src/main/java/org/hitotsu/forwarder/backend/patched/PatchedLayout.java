package org.hitotsu.forwarder.backend.patched;

/**
 * Requests and structures of {@code /dev/hitotsu} (include/uapi/linux/hitotsu.h of the patch series) and of userfaultfd's
 * extraction: offsets and sizes in bytes. Tests compare them with the headers.
 */
final class PatchedLayout {
    static final int ABI = 2;
    static final String DEVICE = "/dev/hitotsu";

    static final long IOC_VERSION = 0xe900L;
    static final long IOC_ATTACH = 0x4010e901L;
    static final long IOC_PARK = 0x4010e903L;
    static final long IOC_IMAGE = 0xc060e904L;
    static final long IOC_RESUME = 0x4060e905L;
    static final long IOC_EXEC = 0x4040e906L;
    static final long IOC_INTERRUPT = 0x4010e907L;
    static final long IOC_INJECT = 0x4010e908L;
    static final long IOC_PROCEED = 0x4010e909L;

    static final int HOME = 0;
    static final int REMOTE = 1;
    static final int SHADOW = 1;
    static final int REPORT = 1;

    static final long UFFDIO_EXTRACT = 0xc028aa09L;
    static final int EXTRACT_SHARE = 0;
    static final int EXTRACT_INVALIDATE = 1;
    static final int EXTRACT_DROP = 2;
    /** Pages of one range at most. */
    static final int EXTRACT_MAX_RANGE = 64;

    static final int FEATURE_PRIVATE_FILE = 1 << 17;

    private PatchedLayout() {}

    /** {@code struct hitotsu_attach}. */
    static final class Attach {
        static final int SIZE = 16;
        static final int PID = 0;
        static final int FLAGS = 4;
        static final int COOKIE = 8;

        private Attach() {}
    }

    /** {@code struct hitotsu_thread_arg}. */
    static final class ThreadArg {
        static final int SIZE = 16;
        static final int TID = 0;
        static final int FLAGS = 4;
        static final int VALUE = 8;

        private ThreadArg() {}
    }

    /** {@code struct hitotsu_exec}. */
    static final class Exec {
        static final int SIZE = 64;
        static final int TID = 0;
        static final int NR = 8;
        static final int ARGS = 16;

        private Exec() {}
    }

    /** {@code struct hitotsu_image}; fields that nothing here reads are left out. */
    static final class Image {
        static final int SIZE = 96;
        static final int TID = 0;
        static final int MODE = 4;
        static final int REGS = 8;
        static final int XSTATE = 16;
        static final int REGS_SIZE = 24;
        static final int XSTATE_SIZE = 28;
        static final int RSEQ_SIZE = 60;
        static final int RSEQ = 64;
        static final int RSEQ_SIGNATURE = 72;

        private Image() {}
    }

    /** {@code struct uffdio_extract}. */
    static final class Extract {
        static final int SIZE = 40;
        static final int RANGES = 0;
        static final int COUNT = 8;
        static final int MODE = 12;
        static final int BUFFER = 16;
        static final int STATUS = 24;
        static final int PAGES = 32;

        private Extract() {}
    }

    /** What the shadow's loader has at a fixed address (blank.c). */
    static final class Loader {
        /** u64: every signal. */
        static final long ALL_SIGNALS = 0x500000L;
        /** The shadow's name. */
        static final long NAME = 0x500008L;
        /** The name of its memory. */
        static final long CANVAS_NAME = 0x500018L;

        private Loader() {}
    }
}
