package io.scanstream.inference.scoring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.model.LoadedModel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * How long scans spend in each stage, by model version: {@code scanstream.stage} with {@code stage} = {@code queue} (until a
 * decoder takes it), {@code decode}, {@code batch} (until its batch runs) or {@code run}; and {@code scanstream.batch.size}.
 * Beside these {@code scanstream.scans.novelty} counts the scores of versions that have a guard, by whether the scan was {@code
 * flagged}.
 */
final class StageTimers {
    private final MeterRegistry registry;
    private final Map<ModelVersion, Timers> byVersion = new ConcurrentHashMap<>();

    private record Timers(
            Timer queue,
            Timer decode,
            Timer batch,
            Timer run,
            DistributionSummary size,
            Counter flagged,
            Counter passed) {}

    StageTimers(MeterRegistry registry) {
        this.registry = registry;
    }

    void queue(LoadedModel model, long nanos) {
        of(model).queue().record(nanos, TimeUnit.NANOSECONDS);
    }

    void decode(LoadedModel model, long nanos) {
        of(model).decode().record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A batch closes. */
    void batch(LoadedModel model, LongStream waitedNanos) {
        Timers timers = of(model);
        long[] each = waitedNanos.toArray();
        timers.size().record(each.length);
        for (long nanos : each) {
            timers.batch().record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    void run(LoadedModel model, long nanos) {
        of(model).run().record(nanos, TimeUnit.NANOSECONDS);
    }

    void scored(LoadedModel model, Score score) {
        if (score.novelty() != null) {
            Timers timers = of(model);
            (score.novelty().flagged() ? timers.flagged() : timers.passed()).increment();
        }
    }

    /** Nothing of a version is measured any more. */
    void forget(ModelVersion version) {
        Timers gone = byVersion.remove(version);
        if (gone != null) {
            List.of(gone.queue(), gone.decode(), gone.batch(), gone.run(), gone.size(), gone.flagged(), gone.passed())
                    .forEach(registry::remove);
        }
    }

    private Timers of(LoadedModel model) {
        return byVersion.computeIfAbsent(model.version(), this::timers);
    }

    private Timers timers(ModelVersion version) {
        return new Timers(
                timer(version, "queue"),
                timer(version, "decode"),
                timer(version, "batch"),
                timer(version, "run"),
                DistributionSummary.builder("scanstream.batch.size")
                        .tags("model", version.name(), "version", version.version())
                        .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128)
                        .register(registry),
                novelty(version, true),
                novelty(version, false));
    }

    private Counter novelty(ModelVersion version, boolean flagged) {
        return Counter.builder("scanstream.scans.novelty")
                .tags("flagged", Boolean.toString(flagged), "model", version.name(), "version", version.version())
                .register(registry);
    }

    private Timer timer(ModelVersion version, String stage) {
        return Timer.builder("scanstream.stage")
                .tags("stage", stage, "model", version.name(), "version", version.version())
                .publishPercentileHistogram()
                .register(registry);
    }
}
