package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hitotsu.forwarder.backend.Backend;
import org.hitotsu.forwarder.backend.ShadowSpace;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.NativeFiles;

/** The back-end for kernels with the patch series. Event loop only, but for {@link #features}. */
public final class PatchedBackend implements Backend {
    private final Context context;
    private final NativeFiles files;
    private final Hooks hooks;
    private final Set<PatchedShadowSpace> shadows = new HashSet<>();
    private final Set<PatchedOriginSpace> origins = new HashSet<>();

    private PatchedBackend(Context context, NativeFiles files, Hooks hooks) {
        this.context = context;
        this.files = files;
        this.hooks = hooks;
    }

    /** Brings the eBPF programs into the kernel. Fails where one of {@link #features} is missing. */
    public static Future<Backend> open(Context context, NativeFiles files) {
        return Hooks.open(context).map(hooks -> new PatchedBackend(context, files, hooks));
    }

    /** What this kernel has of what the back-end needs. Any thread; blocks for some tenths of a second. */
    public static List<Feature> features() {
        return PatchedProbe.run();
    }

    @Override
    public String name() {
        return "patched";
    }

    @Override
    public List<Feature> probe() {
        return features();
    }

    @Override
    public byte[] launchFilter(boolean clusterCpus) {
        return new byte[0];
    }

    @Override
    public Future<Adoption> adopt(int pid, int listener, boolean clusterCpus) {
        try {
            return Future.succeededFuture(ProgramEntry.attach(context, hooks, pid, clusterCpus, this::keep));
        } catch (KernelException e) {
            return Future.failedFuture(e);
        }
    }

    private void keep(PatchedOriginSpace space) {
        origins.add(space);
        space.onClose(() -> origins.remove(space));
    }

    @Override
    public Future<Adoption> attach(int pid) {
        return RunningEntry.attach(context, hooks, pid, this::keep);
    }

    @Override
    public Future<ShadowSpace> createShadow(SpaceLayout layout) {
        return ShadowEntry.make(context, hooks, files.path("hitotsu-blank"), layout)
                .map(made -> {
                    PatchedShadowSpace space = new PatchedShadowSpace(context, made);
                    shadows.add(space);
                    space.onClose(() -> shadows.remove(space));
                    return space;
                });
    }

    @Override
    public Future<Void> close() {
        List.copyOf(origins).forEach(PatchedOriginSpace::close);
        List.copyOf(shadows).forEach(PatchedShadowSpace::close);
        return hooks.close();
    }
}
