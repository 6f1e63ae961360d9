package io.scanstream.trainer.job;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.training.TrainingEvent;
import java.util.function.Consumer;

/**
 * What this trainer does, told by its own events: how many of each kind, failures by code, and how fast the training under
 * way is. No job's id is a tag: each would be a series for ever. Thread-safe.
 */
public final class JobMeters implements Consumer<TrainingEvent> {
    private final MeterRegistry registry;
    private volatile double imagesPerSecond;
    private volatile double secondsLeft;

    public JobMeters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("scanstream.training.images.rate", () -> imagesPerSecond)
                .description("Images a second of the training under way; 0 if there is none")
                .register(registry);
        Gauge.builder("scanstream.training.left", () -> secondsLeft)
                .description(
                        "How long the training under way will take from here, by its own estimate; 0 if there is none")
                .baseUnit("seconds")
                .register(registry);
    }

    @Override
    public void accept(TrainingEvent event) {
        registry.counter("scanstream.training.events", "event", event.getClass().getSimpleName())
                .increment();
        if (event instanceof TrainingEvent.TrainingProgressed progressed) {
            imagesPerSecond = progressed.imagesPerSecond();
            secondsLeft = progressed.etaSeconds();
        } else if (event.ends() || event instanceof TrainingEvent.SliceCompleted) {
            imagesPerSecond = 0;
            secondsLeft = 0;
        }
        if (event instanceof TrainingEvent.TrainingFailed failed) {
            registry.counter(
                            "scanstream.training.failures",
                            "code",
                            failed.code().name())
                    .increment();
        }
    }
}
