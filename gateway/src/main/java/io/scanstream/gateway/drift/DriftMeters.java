package io.scanstream.gateway.drift;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.scanstream.contracts.api.DriftView;
import java.util.ArrayList;
import java.util.List;

/**
 * How far the answers of versions are from those in their packages: {@code scanstream.model.drift} is the population
 * stability index of a {@code quantity} as a share of its bound, so that 1 is where it counts as drifted. There is a gauge for
 * every version that answers enough scans. Every replica says the same.
 */
public final class DriftMeters {
    private final MultiGauge drift;

    public DriftMeters(MeterRegistry registry) {
        this.drift = MultiGauge.builder("scanstream.model.drift")
                .description("Population stability index of answers against the package's reference, by its bound")
                .register(registry);
    }

    /** Shows how versions stand now, and nothing of others. */
    public void show(List<DriftView> views) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (DriftView view : views) {
            for (DriftView.Quantity each : view.quantities()) {
                rows.add(MultiGauge.Row.of(
                        Tags.of("model", view.model(), "version", view.version(), "quantity", each.quantity()),
                        each.index() / each.bound()));
            }
        }
        drift.register(rows, true);
    }
}
