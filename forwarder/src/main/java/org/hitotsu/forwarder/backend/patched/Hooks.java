package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.hitotsu.bpf.BpfLoaders;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.bpf.SyscallCapture;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The eBPF programs on the kernel's hooks, and who of this node hears what they tell. Event loop only. */
final class Hooks {
    private static final Logger LOG = LoggerFactory.getLogger(Hooks.class);
    /** Some half a millisecond of the event loop; what is left keeps the descriptor readable. */
    private static final int RECORDS_AT_ONCE = 256;

    private final Context context;
    private final Map<Long, Attachment> attachments = new HashMap<>();
    /** Unique on the machine, where other daemons' programs may stand on the same hooks. */
    private long nextCookie = (long) new SecureRandom().nextInt() << 32;

    private @Nullable SyscallCapture capture;
    private @Nullable LoopFd readable;
    private long unclaimed;

    private Hooks(Context context) {
        this.context = context;
    }

    /** Loads and attaches the programs. */
    static Future<Hooks> open(Context context) {
        Hooks hooks = new Hooks(context);
        return context.<SyscallCapture>executeBlocking(() -> {
                    SyscallCapture opened = SyscallCapture.open(BpfLoaders.libbpf(), hooks::onEvent);
                    CallRules.of(SyscallTable.x86_64()).forEach(opened::rule);
                    return opened;
                })
                .map(opened -> {
                    hooks.capture = opened;
                    hooks.readable = LoopFd.watch(context, opened.fd(), ready -> opened.poll(RECORDS_AT_ONCE));
                    return hooks;
                });
    }

    private SyscallCapture capture() {
        return Objects.requireNonNull(capture, "opened");
    }

    private void onEvent(CaptureEvent event) {
        Attachment attachment = attachments.get(event.cookie());
        if (attachment == null) {
            unclaimed++;
            LOG.debug("thread {}: {} of a process that is not attached any more", event.tid(), event.type());
            return;
        }
        LOG.trace("thread {}: {} {} result {}", event.tid(), event.type(), event.number(), event.result());
        attachment.onEvent(event);
    }

    long newCookie() {
        return nextCookie++;
    }

    /** Has the programs speak for a process, before it is attached; see {@link SyscallCapture#admit}. */
    void admit(Attachment attachment, boolean shared, boolean clusterCpus, boolean coresPiped, int answerPid) {
        attachments.put(attachment.cookie(), attachment);
        capture().admit(attachment.cookie(), shared, clusterCpus, coresPiped, answerPid);
    }

    void dismiss(Attachment attachment) {
        if (attachments.remove(attachment.cookie()) != null && capture != null) {
            capture.dismiss(attachment.cookie());
        }
    }

    /** Detaches the programs; processes that are attached still are let go, or end, as their devices close. */
    Future<Void> close() {
        new ArrayList<>(attachments.values()).forEach(Attachment::close);
        LoopFd watched = readable;
        if (watched != null) {
            watched.close();
        }
        SyscallCapture opened = capture;
        capture = null;
        if (opened == null) {
            return Future.succeededFuture();
        }
        if (opened.malformed() + unclaimed > 0) {
            LOG.debug("{} malformed and {} unclaimed records", opened.malformed(), unclaimed);
        }
        return context.executeBlocking(() -> {
            opened.close();
            return null;
        });
    }
}
