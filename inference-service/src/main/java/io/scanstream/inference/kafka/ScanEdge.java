package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ObjectStore;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The scoring edge: a consumer for {@code scans.urgent} and one for {@code scans}, each with its own group and writer, both
 * on the same scorer, where urgent scans go first.
 *
 * <p>It owns its poll loop instead of using the messaging connector: the transaction must open only when the scores are
 * known, records must be scored one by one after a crash, and a partition must be prepared before its first record.
 */
public final class ScanEdge implements AutoCloseable {
    private static final long CLOSE_MS = 10_000;

    private final KafkaSettings settings;
    private final List<ScanLoop> loops;
    private final List<Thread> threads;
    private volatile boolean stopping;

    /** Nothing runs yet. */
    public ScanEdge(
            KafkaSettings settings,
            RecordScoring scoring,
            Supplier<ObjectStore> store,
            ShadowScoring shadows,
            MeterRegistry registry,
            OpenTelemetry telemetry) {
        this.settings = settings;
        Solitude solitude = new Solitude();
        this.loops = Stream.of(
                        new ScanLoop.Source(Topics.SCANS_URGENT, Topics.URGENT_SCORERS_GROUP, Urgency.URGENT),
                        new ScanLoop.Source(Topics.SCANS, Topics.SCORERS_GROUP, Urgency.ROUTINE))
                .map(source -> new ScanLoop(
                        source,
                        settings,
                        scoring,
                        store,
                        solitude,
                        new EdgeMetrics(registry, source.topic()),
                        shadows,
                        new ScanTraces(telemetry, source.topic())))
                .toList();
        this.threads = List.of(new Thread(loops.get(0), "scans-urgent"), new Thread(loops.get(1), "scans"));
    }

    public void start() {
        threads.forEach(Thread::start);
    }

    /**
     * Whether both consumers have reached the broker, work, and are not asked to end. A broker that goes away for a while does not end that: what is
     * asked over HTTP can be answered all the same. See {@link #brokerAnswers}.
     */
    public boolean running() {
        return !stopping && loops.stream().allMatch(ScanLoop::running);
    }

    /** Drops what was measured of a version that is not in memory any more. */
    public void forget(ModelVersion version) {
        loops.forEach(loop -> loop.forget(version));
    }

    /** Takes no more scans; those in hand have the drain time from now on. Returns at once. */
    public void stop() {
        stopping = true;
        loops.forEach(ScanLoop::stop);
    }

    /** Whether the broker has answered both of late, within half a minute. */
    public boolean brokerAnswers() {
        return loops.stream().allMatch(ScanLoop::brokerAnswers);
    }

    /** Whether no thread has ended that should not have; an edge that is not started or was asked to end is alive. */
    public boolean alive() {
        return stopping
                || threads.stream().allMatch(thread -> thread.getState() == Thread.State.NEW || thread.isAlive());
    }

    /** Takes no more scans, finishes those in hand within the drain time, leaves the groups. */
    @Override
    public void close() {
        stop();
        long until = System.currentTimeMillis() + settings.drain().toMillis() + CLOSE_MS;
        try {
            for (Thread thread : threads) {
                thread.join(Math.max(1, until - System.currentTimeMillis()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
