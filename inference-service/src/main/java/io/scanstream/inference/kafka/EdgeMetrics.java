package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.scoring.ScoreEvent.ScanRejected;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the edge measures and counts, by topic; of scans only what was committed. */
final class EdgeMetrics {
    private static final String UNKNOWN = "unknown";

    private final MeterRegistry registry;
    private final String topic;
    private final Timer transactions;
    private final Timer age;
    private final Counter aborted;
    private final Counter repeats;
    private final AtomicLong lag = new AtomicLong();
    private final AtomicInteger inHand = new AtomicInteger();

    EdgeMetrics(MeterRegistry registry, String topic) {
        this.registry = registry;
        this.topic = topic;
        this.transactions = histogram("scanstream.transaction");
        this.age = histogram("scanstream.scan.age");
        this.aborted = registry.counter("scanstream.transactions.aborted", "topic", topic);
        this.repeats = registry.counter("scanstream.scans.repeated", "topic", topic);
        Gauge.builder("scanstream.scans.lag", lag, AtomicLong::get)
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
            if (outcome.rejection() != null) {
                String version = outcome.event() instanceof ScanRejected rejected ? rejected.version() : null;
                count(
                        "scanstream.scans.rejected",
                        "code",
                        outcome.rejection().code().name(),
                        "version",
                        version == null ? UNKNOWN : version);
            } else if (outcome.event() instanceof ScanScored scored) {
                count("scanstream.scans.scored", "model", scored.model(), "version", scored.version());
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

    void aborted() {
        aborted.increment();
    }

    /**
     * Where the consumer stands.
     *
     * @param behind records on its partitions that it has not read; a transaction's marker counts as one
     */
    void standing(long behind, int scansInHand) {
        lag.set(behind);
        inHand.set(scansInHand);
    }
}
