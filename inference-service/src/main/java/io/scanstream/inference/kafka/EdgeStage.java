package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.model.ModelVersion;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How long scans spend in a stage of the Kafka edge, by model version: {@code scanstream.stage} with {@code stage} = {@code
 * fetch} (what a claim ticket stands for) or {@code produce} (from the answer until it is committed), beside the scorer's own
 * stages. Thread-safe.
 */
final class EdgeStage {
    private final MeterRegistry registry;
    private final String stage;
    private final Map<ModelVersion, Timer> byVersion = new ConcurrentHashMap<>();

    EdgeStage(MeterRegistry registry, String stage) {
        this.registry = registry;
        this.stage = stage;
    }

    void record(ModelVersion version, long nanos) {
        byVersion.computeIfAbsent(version, this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Nothing of a version is measured any more. */
    void forget(ModelVersion version) {
        Timer gone = byVersion.remove(version);
        if (gone != null) {
            registry.remove(gone);
        }
    }

    private Timer timer(ModelVersion version) {
        return Timer.builder("scanstream.stage")
                .tags("stage", stage, "model", version.name(), "version", version.version())
                .publishPercentileHistogram()
                .register(registry);
    }
}
