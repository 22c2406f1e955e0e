package org.hitotsu.forwarder.backend.patched;

import java.util.function.Consumer;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.backend.common.KernelException;

/**
 * An attached process: the device through which its threads are reached, and who hears of them. It outlasts the program
 * that the process executes. Event loop only.
 */
final class Attachment implements AutoCloseable {
    private final Hooks hooks;
    private final HitotsuDevice device;
    private final long cookie;
    private final boolean clusterCpus;
    private Consumer<CaptureEvent> handler;
    private boolean closed;

    private Attachment(
            Hooks hooks, HitotsuDevice device, long cookie, boolean clusterCpus, Consumer<CaptureEvent> handler) {
        this.hooks = hooks;
        this.device = device;
        this.cookie = cookie;
        this.clusterCpus = clusterCpus;
        this.handler = handler;
    }

    /**
     * Attaches process {@code pid}, whose threads go on; what they do comes to {@code handler}.
     *
     * @param clusterCpus whether its calls about affinity are captured, once it is {@link #shared}
     */
    static Attachment origin(Hooks hooks, int pid, boolean clusterCpus, Consumer<CaptureEvent> handler)
            throws KernelException {
        return attach(hooks, pid, false, clusterCpus, 0, handler);
    }

    /**
     * Attaches a process that ends with this object.
     *
     * @param answerPid what getpid() of its threads answers; 0 to capture it
     */
    static Attachment shadow(Hooks hooks, int pid, int answerPid, Consumer<CaptureEvent> handler)
            throws KernelException {
        return attach(hooks, pid, true, false, answerPid, handler);
    }

    private static Attachment attach(
            Hooks hooks, int pid, boolean shadow, boolean clusterCpus, int answerPid, Consumer<CaptureEvent> handler)
            throws KernelException {
        Attachment attachment = new Attachment(hooks, HitotsuDevice.open(), hooks.newCookie(), clusterCpus, handler);
        hooks.admit(attachment, false, clusterCpus, false, answerPid);
        try {
            KernelException.check("attach process " + pid, attachment.device.attach(pid, shadow, attachment.cookie));
            return attachment;
        } catch (KernelException e) {
            attachment.close();
            throw e;
        }
    }

    HitotsuDevice device() {
        return device;
    }

    long cookie() {
        return cookie;
    }

    /** From now on calls of the process's threads that change its memory are captured, and they are stopped before a core file. */
    void shared() {
        hooks.admit(this, true, clusterCpus, CoreDump.arePiped(), 0);
    }

    /** Ends {@link #shared}; calls that have been captured still wait. */
    void unshared() {
        hooks.admit(this, false, clusterCpus, false, 0);
    }

    /** Names who hears of the process from now on. */
    void handler(Consumer<CaptureEvent> next) {
        handler = next;
    }

    void onEvent(CaptureEvent event) {
        if (!closed) {
            handler.accept(event);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            // In this order: a thread whose event is nobody's would wait for as long as it is attached.
            device.close();
            hooks.dismiss(this);
        }
    }
}
