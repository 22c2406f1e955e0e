package org.hitotsu.forwarder.backend.patched;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.bpf.CaptureLayouts.Event;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;

/** Stands for the kernel: writes down what it is asked for, and has the images and answers that it was given. */
final class RecordingRequests implements ThreadRequests {
    static final long IP = 0x401002;
    static final long RSEQ = 0x7000;

    final List<String> log = new ArrayList<>();
    final Map<Integer, Captured> images = new HashMap<>();
    /** What the thread was resumed with last; null for its own registers. */
    @Nullable
    ThreadImage resumed;

    /** The answer to the next requests. */
    long answer;

    static ThreadImage image(long nr, long result) {
        long[] registers = new long[Registers.COUNT];
        registers[Registers.RIP] = IP;
        registers[Registers.CS] = Registers.CODE_64;
        registers[Registers.ORIG_RAX] = nr;
        registers[Registers.RAX] = result;
        return new ThreadImage(registers, new byte[] {1});
    }

    /** A thread that stands in a call with this result, and has no restartable sequences. */
    void stands(int tid, long nr, long result) {
        images.put(tid, new Captured(image(nr, result), 0, 0, 0));
    }

    static CaptureEvent event(CaptureEvent.Type type, int tid, int flags, long sequence, long nr, long result) {
        return event(type, tid, flags, sequence, nr, result, 0x10, 0x20);
    }

    /** A captured call with these first arguments. */
    static CaptureEvent call(int tid, long sequence, long nr, long arg0, long arg1) {
        return event(CaptureEvent.Type.CAPTURED, tid, 0, sequence, nr, 0, arg0, arg1);
    }

    private static CaptureEvent event(
            CaptureEvent.Type type, int tid, int flags, long sequence, long nr, long result, long arg0, long arg1) {
        ByteBuffer data = ByteBuffer.allocate(Event.SIZE).order(ByteOrder.nativeOrder());
        data.putInt(Event.TYPE, type.ordinal() + 1);
        data.putInt(Event.FLAGS, flags);
        data.putInt(Event.TID, tid);
        data.putInt(Event.PID, 1);
        data.putLong(Event.SEQ, sequence);
        data.putLong(Event.NR, nr);
        data.putLong(Event.RESULT, result);
        for (int i = 0; i < 6; i++) {
            data.putLong(Event.ARGS + 8 * i, 0x10 * (i + 1));
        }
        data.putLong(Event.ARGS, arg0);
        data.putLong(Event.ARGS + 8, arg1);
        CaptureEvent event = new CaptureEvent();
        if (!event.wrap(data, 0, Event.SIZE)) {
            throw new AssertionError("no event: " + type);
        }
        return event;
    }

    /** What was asked for since the last look. */
    List<String> asked() {
        List<String> asked = List.copyOf(log);
        log.clear();
        return asked;
    }

    @Override
    public long park(int tid) {
        log.add("park " + tid);
        return answer;
    }

    @Override
    public long interrupt(int tid) {
        log.add("interrupt " + tid);
        return answer;
    }

    @Override
    public long inject(int tid, long sequence, long result) {
        log.add("inject " + tid + " " + sequence + " " + result);
        return answer;
    }

    @Override
    public long proceed(int tid, long sequence, boolean report) {
        log.add("proceed " + tid + " " + sequence + (report ? " report" : ""));
        return answer;
    }

    @Override
    public long exec(int tid, long nr, long... args) {
        log.add("exec " + tid + " " + nr + " " + Arrays.toString(args));
        return answer;
    }

    @Override
    public Captured image(int tid) {
        log.add("image " + tid);
        return Objects.requireNonNull(images.get(tid));
    }

    @Override
    public long resume(int tid, @Nullable ThreadImage image, int mode) {
        log.add((image == null ? "go on " : "resume ") + tid + (mode == PatchedLayout.REMOTE ? " remote" : ""));
        resumed = image;
        return answer;
    }
}
