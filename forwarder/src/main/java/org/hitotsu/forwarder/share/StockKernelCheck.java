package org.hitotsu.forwarder.share;

import java.util.List;
import org.hitotsu.forwarder.KernelCheck;
import org.hitotsu.forwarder.backend.Backend.Feature;
import org.hitotsu.forwarder.backend.stock.StockBackend;

/** What `hitotsu check` says of the stock back-end. */
public final class StockKernelCheck implements KernelCheck {
    @Override
    public List<Finding> check() {
        List<Feature> features = StockBackend.features();
        List<String> missing = features.stream()
                .filter(feature -> !feature.present())
                .map(feature -> feature.name() + ": " + feature.detail() + "; " + feature.remedy())
                .toList();
        List<String> notes = features.stream()
                .filter(Feature::present)
                .map(feature -> feature.name() + ": " + feature.detail())
                .toList();
        return List.of(new Finding("stock", missing.isEmpty(), missing, notes));
    }
}
