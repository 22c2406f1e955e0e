package org.hitotsu.forwarder.share;

import java.util.List;
import org.hitotsu.forwarder.KernelCheck;
import org.hitotsu.forwarder.backend.Backend.Feature;
import org.hitotsu.forwarder.backend.patched.PatchedBackend;
import org.hitotsu.forwarder.backend.stock.StockBackend;

/** What `hitotsu check` says of the back-ends. */
public final class BackendsCheck implements KernelCheck {
    @Override
    public List<Finding> check() {
        return List.of(
                finding(Backends.STOCK, StockBackend.features()), finding(Backends.PATCHED, PatchedBackend.features()));
    }

    private static Finding finding(String name, List<Feature> features) {
        List<String> missing = Backends.missing(features);
        List<String> notes = features.stream()
                .filter(Feature::present)
                .map(feature -> feature.name() + ": " + feature.detail())
                .toList();
        return new Finding(name, missing.isEmpty(), missing, notes);
    }
}
