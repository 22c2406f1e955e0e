package org.hitotsu.forwarder.share;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.backend.Backend;
import org.hitotsu.forwarder.backend.Backend.Feature;
import org.hitotsu.forwarder.backend.patched.PatchedBackend;
import org.hitotsu.forwarder.backend.stock.StockBackend;
import org.hitotsu.forwarder.config.BackendChoice;
import org.hitotsu.forwarder.nativecall.NativeFiles;

/** The back-ends of this build: the one place that knows them by name. */
final class Backends {
    static final String STOCK = "stock";
    static final String PATCHED = "patched";

    private Backends() {}

    /**
     * Which back-ends a node can use here, the best first; empty if none. Blocks for up to a second.
     *
     * @throws IllegalStateException if the one that was asked for by name can't be used; the message is {@code THING:
     *     CAUSE; REMEDY}
     */
    static List<String> choose(BackendChoice choice) {
        List<String> usable = new ArrayList<>();
        if (choice != BackendChoice.STOCK) {
            List<String> missing = missing(PatchedBackend.features());
            if (missing.isEmpty()) {
                usable.add(PATCHED);
            } else if (choice == BackendChoice.PATCHED) {
                throw new IllegalStateException("back-end patched: " + missing.get(0));
            }
        }
        if (choice != BackendChoice.PATCHED && missing(StockBackend.features()).isEmpty()) {
            usable.add(STOCK);
        }
        return usable;
    }

    /** What is missing of these, each as {@code THING: CAUSE; REMEDY}. */
    static List<String> missing(List<Feature> features) {
        return features.stream()
                .filter(feature -> !feature.present())
                .map(feature -> feature.name() + ": " + feature.detail() + "; " + feature.remedy())
                .toList();
    }

    /** Starts a back-end. On the event loop. */
    static Future<Backend> open(String name, Context context, NativeFiles files) {
        return name.equals(PATCHED)
                ? PatchedBackend.open(context, files)
                : Future.succeededFuture(new StockBackend(context, files));
    }
}
