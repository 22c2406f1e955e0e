package org.hitotsu.forwarder.backend.stock;

/** The agent region's layout; mirrors {@code src/main/c/agent.h}, and a test compares the two. */
final class StockLayout {
    static final long AGENT_BASE = 0x6f0000000000L;
    static final int AGENT_CODE_SIZE = 0x10000;
    static final int AGENT_SIZE = 0x1000000;
    static final long AGENT_END = AGENT_BASE + AGENT_SIZE;
    static final int SLOT_SIZE = 4096;
    static final long SLOT_BASE = AGENT_BASE + AGENT_CODE_SIZE;
    static final int CONTROL_SLOTS = 16;
    static final long CANVAS_START = 0x10000;
    static final long CANVAS_END = 0x7ffffffff000L;
    static final int NR_RENDEZVOUS = 6842740;

    static final int CMD_EXEC = 1;
    static final int CMD_IDLE = 2;
    static final int CMD_CALL = 3;

    static final int STATE_FREE = 0;
    static final int STATE_REQUESTED = 1;
    static final int STATE_DONE = 2;

    static final int CALL_DISCARD = 1;
    static final int CALL_THREAD_EXIT = 2;
    static final int CALL_NEW_THREAD = 3;

    static final int BOX_STATE = 0;
    static final int BOX_FUTEX = 4;
    static final int BOX_NR = 8;
    static final int BOX_ARGS = 16;
    static final int BOX_RESULT = 64;
    static final int BOX_AUX = 72;
    static final int BOX_RANGES = 4096;
    static final int BOX_MAX_RANGES = 512;

    static final int SHADOW_GO = 128;
    static final int SHADOW_SPECIAL = 136;
    static final int SHADOW_SPECIAL_LEN = 144;
    static final int SHADOW_FILTER_LEN = 152;
    static final int SHADOW_FILTER = 8192;
    static final int SHADOW_UFFD = 160;
    static final int SHADOW_MEMFD = 168;
    static final int SHADOW_LISTENER = 176;
    static final int SHADOW_FAILED = 184;
    static final int SHADOW_ERRNO = 192;

    private StockLayout() {}
}
