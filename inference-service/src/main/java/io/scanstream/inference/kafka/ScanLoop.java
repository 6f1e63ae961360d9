package io.scanstream.inference.kafka;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ObjectStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One topic's consumer: opens a {@link ScanSession} and works in it until the service ends; when the broker is lost,
 * everything is opened anew.
 */
final class ScanLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ScanLoop.class);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final Source source;
    private final KafkaSettings settings;
    private final RecordScoring scoring;
    private final Supplier<ObjectStore> store;
    private final Solitude solitude;
    private final EdgeMetrics metrics;
    private final ShadowScoring shadows;
    private final ScanTraces traces;
    private final StopSignal stop = new StopSignal();
    private final Map<TopicPartition, Isolation> known = new HashMap<>();
    private volatile boolean running;

    /** Where a loop takes its scans from. */
    record Source(String topic, String group, Urgency urgency) {}

    /**
     * A loop that is not running yet.
     *
     * @param solitude shared by all loops
     * @param shadows is offered what was committed, but for scans that were scored alone
     */
    ScanLoop(
            Source source,
            KafkaSettings settings,
            RecordScoring scoring,
            Supplier<ObjectStore> store,
            Solitude solitude,
            EdgeMetrics metrics,
            ShadowScoring shadows,
            ScanTraces traces) {
        this.source = source;
        this.settings = settings;
        this.scoring = scoring;
        this.store = store;
        this.solitude = solitude;
        this.metrics = metrics;
        this.shadows = shadows;
        this.traces = traces;
    }

    /** Whether the consumer is in its group, or on its way into it, with a broker that answered. */
    boolean running() {
        return running;
    }

    /** Asks the loop to end; what is in hand may finish within the drain time. */
    void stop() {
        stop.stopWithin(settings.drain());
    }

    @Override
    public void run() {
        Backoff backoff = new Backoff();
        while (!stop.isStopping()) {
            try {
                connectAndScore(backoff);
            } catch (InterruptException e) {
                break;
            } catch (KafkaException | ScanstreamException e) {
                LOG.warn(
                        "Scoring {} from Kafka at {} stands still: {}",
                        source.topic(),
                        settings.bootstrapServers(),
                        withCauses(e));
                standStill(backoff);
            } catch (RuntimeException e) {
                LOG.error("Scoring {} stands still for a reason of our own.", source.topic(), e);
                standStill(backoff);
            }
        }
        running = false;
    }

    private void connectAndScore(Backoff backoff) {
        InHand inHand = new InHand(settings.scansInHand(), settings.bytesInHand(), settings.linger());
        AtomicReference<ConsumerGroupMetadata> group = new AtomicReference<>();
        try (ScoredIds scoredIds = new ScoredIds(settings);
                Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.member(source.group()))) {
            boolean samePartition = scoredIds.samePartition(ScoredIds.partitions(consumer, source.topic()));
            HeldPartitions partitions = new HeldPartitions(
                    consumer, scoredIds, samePartition, store, settings, inHand, known);
            group.set(consumer.groupMetadata());
            try (ScoreWriter writer = new ScoreWriter(settings, samePartition, traces);
                    Committer committer = new Committer(
                            source.topic() + "-commit", inHand, writer, group::get, metrics, this::offerToShadows)) {
                consumer.subscribe(List.of(source.topic()), partitions);
                running = true;
                new ScanSession(
                                source.topic(),
                                settings,
                                consumer,
                                partitions,
                                inHand,
                                committer,
                                new Attempts(scoring, source.urgency()),
                                group,
                                solitude,
                                metrics,
                                stop)
                        .scoreAll(backoff);
            } finally {
                consumer.close(CloseOptions.timeout(CLOSE));
            }
        }
    }

    private void offerToShadows(List<Outcome> committed) {
        if (!solitude.isAlone()) {
            shadows.offer(committed);
        }
    }

    private void standStill(Backoff backoff) {
        running = false;
        stop.sleep(backoff.next());
    }

    private static String withCauses(Throwable failure) {
        StringBuilder text = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            text.append(": ").append(cause.getMessage());
        }
        return text.toString();
    }
}
