package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down what a directory does, one line an action. */
final class RecordedDirectoryActions implements DirectoryActions<String> {

    private final List<String> log = new ArrayList<>();

    /** What was done since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(log);
        log.clear();
        return taken;
    }

    @Override
    public void grant(int node, long page, Access access, @Nullable String data) {
        log.add("to " + node + ": grant " + page + " " + access + " " + data);
    }

    @Override
    public void decline(int node, long firstPage, long pages) {
        log.add("to " + node + ": decline " + firstPage + " " + Long.toBinaryString(pages));
    }

    @Override
    public void deny(int node, long page, Access access, int reason) {
        log.add("to " + node + ": deny " + page + " " + access + " " + reason);
    }

    @Override
    public void recall(int node, long page, boolean invalidate, boolean needData) {
        log.add("to " + node + ": recall " + page + (invalidate ? " invalidate" : " share")
                + (needData ? " data" : ""));
    }

    @Override
    public void restore(long page, String data) {
        log.add("restore " + page + " " + data);
    }

    @Override
    public void retry(int node, long firstPage, int count, Access access) {
        log.add("retry " + node + " " + firstPage + "+" + count + " " + access);
    }

    @Override
    public void rangeInvalidate(int node, long firstPage, long count, boolean needData, long token) {
        log.add("to " + node + ": range " + firstPage + "+" + count + (needData ? " data " : " ") + token);
    }

    @Override
    public void rangeHome(long firstPage, long count, boolean unprotect, long token) {
        log.add("home " + firstPage + "+" + count + (unprotect ? " unprotect " : " ") + token);
    }

    @Override
    public void rangeReady(long token) {
        log.add("ready " + token);
    }

    @Override
    public void pageLost(long page) {
        log.add("lost " + page);
    }
}
