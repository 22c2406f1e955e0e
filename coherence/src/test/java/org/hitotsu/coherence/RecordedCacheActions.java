package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down what a cache does, one line an action. */
final class RecordedCacheActions implements CacheActions<String> {

    private final List<String> log = new ArrayList<>();

    /** What was done since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(log);
        log.clear();
        return taken;
    }

    @Override
    public void sendRequest(long firstPage, int count, Access access) {
        log.add("request " + firstPage + "+" + count + " " + access);
    }

    @Override
    public void sendRecallReply(long page, boolean keptCopy, @Nullable String data) {
        log.add("reply " + page + (keptCopy ? " kept " : " gone ") + data);
    }

    @Override
    public void sendDenied(long page, int reason) {
        log.add("denied " + page + " " + reason);
    }

    @Override
    public void sendWriteback(long page, String data) {
        log.add("writeback " + page + " " + data);
    }

    @Override
    public void sendRangeReply(long token) {
        log.add("range reply " + token);
    }

    @Override
    public void install(long page, String data, boolean writable) {
        log.add("install " + page + " " + data + (writable ? " writable" : ""));
    }

    @Override
    public void unprotect(long page) {
        log.add("unprotect " + page);
    }

    @Override
    public void extract(long page, boolean invalidate) {
        log.add("extract " + page + (invalidate ? " invalidate" : " share"));
    }

    @Override
    public void drop(long page) {
        log.add("drop " + page);
    }

    @Override
    public void wake(long page) {
        log.add("wake " + page);
    }

    @Override
    public void spurious(long page, Access access) {
        log.add("spurious " + page + " " + access);
    }

    @Override
    public void faultDenied(long page, Access access, int reason) {
        log.add("fault denied " + page + " " + access + " " + reason);
    }

    @Override
    public void acquired(long token) {
        log.add("acquired " + token);
    }

    @Override
    public void acquireDenied(long token, long page, int reason) {
        log.add("acquire denied " + token + " " + page + " " + reason);
    }

    @Override
    public void setTimer(long nanos) {
        log.add("timer " + nanos);
    }
}
