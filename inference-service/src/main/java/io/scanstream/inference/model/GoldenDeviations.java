package io.scanstream.inference.model;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.scanstream.inference.model.OnnxSettings.Precision;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far the versions in memory are from their golden scores, as a gauge for each: logits, as a share of their spread.
 * Thread-safe.
 */
final class GoldenDeviations {
    private final MultiGauge gauge;
    private final Map<LoadedModel, MultiGauge.Row<?>> rows = new LinkedHashMap<>();

    GoldenDeviations(MeterRegistry metrics) {
        this.gauge = MultiGauge.builder("scanstream.models.golden.deviation").register(metrics);
    }

    /** Shows a version's until it is unloaded. */
    synchronized void show(LoadedModel model, Precision precision, double deviation) {
        Tags tags = Tags.of(
                "model", model.version().name(),
                "version", model.version().version(),
                "precision", precision.toString());
        rows.put(model, MultiGauge.Row.of(tags, deviation));
        model.whenClosed(() -> hide(model));
        gauge.register(rows.values(), true);
    }

    private synchronized void hide(LoadedModel model) {
        rows.remove(model);
        gauge.register(rows.values(), true);
    }
}
