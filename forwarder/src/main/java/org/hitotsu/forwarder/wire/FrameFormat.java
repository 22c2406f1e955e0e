package org.hitotsu.forwarder.wire;

/** Layout and limits of a frame; see wire.proto. */
public final class FrameFormat {

    /** Version of the protocol spoken here. Nodes with another one are refused. */
    public static final int PROTOCOL_VERSION = 1;

    /** Bytes of the total length field in front of a frame. */
    public static final int TOTAL_FIELD_BYTES = 4;

    /** Bytes of the header length field, the first of those counted by the total length. */
    public static final int HEADER_FIELD_BYTES = 4;

    /** Largest total length. */
    public static final int MAX_TOTAL_BYTES = 16 << 20;

    /** Largest total length before a stranger has been let in, so that it can't make the node allocate much. */
    public static final int MAX_GREETING_BYTES = 64 << 10;

    private FrameFormat() {}
}
