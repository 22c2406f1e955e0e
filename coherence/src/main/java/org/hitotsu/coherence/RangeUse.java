package org.hitotsu.coherence;

/** What becomes of the contents of a locked range. */
public enum RangeUse {
    /** The pages are about to be unmapped or emptied: copies elsewhere are thrown away, the contents are undefined. */
    DISCARD,
    /** The pages stay: whatever was written elsewhere is in the origin's memory before the range is ready. */
    WRITEBACK
}
