package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the edge measures and counts, by topic; of scans only what was committed. */
final class EdgeMetrics {
    private static final String UNKNOWN = "unknown";

    private final MeterRegistry registry;
    private final String topic;
    private final Timer transactions;
    private final Timer age;
    private final Counter aborted;
    private final Counter repeats;
    private final EdgeStage produce;
    private volatile double lag = Double.NaN;
    private final AtomicInteger inHand = new AtomicInteger();

    EdgeMetrics(MeterRegistry registry, String topic) {
        this.registry = registry;
        this.topic = topic;
        this.transactions = histogram("scanstream.transaction");
        this.age = histogram("scanstream.scan.age");
        this.aborted = registry.counter("scanstream.transactions.aborted", "topic", topic);
        this.repeats = registry.counter("scanstream.scans.repeated", "topic", topic);
        this.produce = new EdgeStage(registry, "produce");
        Gauge.builder("scanstream.scans.lag", this, metrics -> metrics.lag)
                .tag("topic", topic)
                .register(registry);
        Gauge.builder("scanstream.scans.in.hand", inHand, AtomicInteger::get)
                .tag("topic", topic)
                .register(registry);
    }

    private Timer histogram(String name) {
        return Timer.builder(name)
                .tag("topic", topic)
                .publishPercentileHistogram()
                .register(registry);
    }

    /**
     * A transaction is committed.
     *
     * @param nanos that it took
     */
    void written(List<Outcome> outcomes, long nanos) {
        transactions.record(nanos, TimeUnit.NANOSECONDS);
        long now = System.currentTimeMillis();
        for (Outcome outcome : outcomes) {
            // From when the scan was sent, by its sender's clock.
            age.record(Math.max(0, now - outcome.scan().source().timestamp()), TimeUnit.MILLISECONDS);
            ModelVersion version = outcome.version();
            if (version != null) {
                produce.record(version, System.nanoTime() - outcome.since());
            }
            if (outcome.rejection() != null) {
                // Never what the sender wrote: names that nobody knows would be a series each.
                count(
                        "scanstream.scans.rejected",
                        "code",
                        outcome.rejection().code().name(),
                        "model",
                        version == null ? UNKNOWN : version.name(),
                        "version",
                        version == null ? UNKNOWN : version.version());
            } else if (outcome.event() instanceof ScanScored scored) {
                count("scanstream.scans.scored", "model", scored.model(), "version", scored.version());
                count("scanstream.scans.decided", "model", scored.model(), "decision", scored.decision());
                if (scored.arm() != null) {
                    count("scanstream.arms.scored", "model", scored.model(), "arm", scored.arm());
                }
            } else {
                repeats.increment();
            }
        }
    }

    private void count(String name, String... tags) {
        registry.counter(name, Tags.of(tags).and("topic", topic)).increment();
    }

    /** Drops what was measured of a version that is not in memory any more; what was counted stays. */
    void forget(ModelVersion version) {
        produce.forget(version);
    }

    void aborted() {
        aborted.increment();
    }

    /**
     * Where the consumer stands.
     *
     * @param behind records on its partitions that are not committed; a transaction's marker counts as one. Not a number
     *     where the broker does not say
     */
    void standing(double behind, int scansInHand) {
        lag = behind;
        inHand.set(scansInHand);
    }

    /** There is no consumer: nobody knows what waits. */
    void disconnected() {
        standing(Double.NaN, 0);
    }
}
