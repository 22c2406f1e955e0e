package org.hitotsu.forwarder.loop;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One readable descriptor on the daemon's event loop, level-triggered: the handler runs on the loop whenever epoll(7)
 * reports the descriptor readable, and need not take everything there is.
 *
 * <p>Level-triggered because with edge triggering a record that arrives between the last read and the wait would be lost
 * (the ring buffer's and the notification's wake-ups are not ordered with epoll's own bookkeeping).
 */
public final class LoopFd implements AutoCloseable {
    /** Called on the event loop when epoll reports the descriptor. */
    public interface Handler {
        /** @param readable false if only the other side has hung up */
        void onReady(boolean readable);
    }

    private static final Logger LOG = LoggerFactory.getLogger(LoopFd.class);
    /** EPOLLHUP (epoll_ctl(2)), which epoll reports unasked. */
    private static final EpollIoOps HANG_UP = EpollIoOps.valueOf(0x10);

    private final Handle handle;
    private volatile boolean closed;

    private LoopFd(int fd, Handler handler) {
        this.handle = new Handle(fd, handler);
    }

    /**
     * Watches {@code fd}, which stays the caller's: it must outlive this object. May be called on any thread.
     *
     * @throws IllegalStateException if the loop isn't Netty's native epoll loop
     */
    public static LoopFd watch(Context context, int fd, Handler handler) {
        if (!(((ContextInternal) context).nettyEventLoop() instanceof IoEventLoop loop)) {
            throw new IllegalStateException("event loop: not an I/O loop; start Vert.x with the native transport");
        }
        LoopFd watched = new LoopFd(fd, handler);
        loop.register(watched.handle).addListener(done -> {
            if (!done.isSuccess()) {
                LOG.error("descriptor {} can't be watched", fd, done.cause());
                return;
            }
            IoRegistration registration = (IoRegistration) done.getNow();
            watched.handle.registration = registration;
            if (watched.closed) {
                registration.cancel();
            } else {
                registration.submit(EpollIoOps.EPOLLIN);
            }
        });
        return watched;
    }

    /** Stops watching. The descriptor may be closed after {@link #close} has returned on the loop. */
    @Override
    public void close() {
        closed = true;
        IoRegistration registration = handle.registration;
        if (registration != null) {
            registration.cancel();
        }
    }

    private final class Handle implements EpollIoHandle {
        private final FileDescriptor fd;
        private final Handler handler;
        private volatile @Nullable IoRegistration registration;

        Handle(int fd, Handler handler) {
            this.fd = new FileDescriptor(fd);
            this.handler = handler;
        }

        @Override
        public FileDescriptor fd() {
            return fd;
        }

        @Override
        public void handle(IoRegistration from, IoEvent event) {
            if (closed) {
                return;
            }
            try {
                EpollIoOps ready = ((EpollIoEvent) event).ops();
                if (ready.contains(EpollIoOps.EPOLLIN)) {
                    handler.onReady(true);
                } else if (ready.contains(HANG_UP)) {
                    handler.onReady(false);
                }
            } catch (RuntimeException | LinkageError e) {
                // The loop's thread would end with it, and every program of the node would stand still.
                LOG.error("handler of descriptor {} failed", fd.intValue(), e);
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
