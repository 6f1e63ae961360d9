package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the edge counts, by topic; only what was committed. */
final class EdgeMetrics {
    private final MeterRegistry registry;
    private final String topic;
    private final Timer transactions;
    private final Counter aborted;
    private final Counter repeats;

    EdgeMetrics(MeterRegistry registry, String topic) {
        this.registry = registry;
        this.topic = topic;
        this.transactions = registry.timer("scanstream.transaction", "topic", topic);
        this.aborted = registry.counter("scanstream.transactions.aborted", "topic", topic);
        this.repeats = registry.counter("scanstream.scans.repeated", "topic", topic);
    }

    void written(List<Outcome> outcomes, long nanos) {
        transactions.record(nanos, TimeUnit.NANOSECONDS);
        for (Outcome outcome : outcomes) {
            if (outcome.rejection() != null) {
                String code = outcome.rejection().code().name();
                registry.counter("scanstream.scans.rejected", "topic", topic, "code", code)
                        .increment();
            } else if (outcome.event() instanceof ScoreEvent.ScanScored scored) {
                registry.counter("scanstream.scans.scored", "topic", topic, "model", scored.model())
                        .increment();
                if (scored.arm() != null) {
                    registry.counter(
                                    "scanstream.arms.scored",
                                    "topic",
                                    topic,
                                    "model",
                                    scored.model(),
                                    "arm",
                                    scored.arm())
                            .increment();
                }
            } else {
                repeats.increment();
            }
        }
    }

    void aborted() {
        aborted.increment();
    }
}
