package io.scanstream.inference.kafka;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ObjectStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
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
    private volatile Lag lag = new Lag(partitions -> new CompletableFuture<>(), System::nanoTime);
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

    /**
     * Whether the consumer was opened with a broker that answered, and works. It stays so while a broker is away that comes
     * back before anything fails for good, since a consumer waits for it in silence; {@link #brokerAnswers} does not.
     */
    boolean running() {
        return running;
    }

    /** Whether the broker has answered within the last half minute. */
    boolean brokerAnswers() {
        return running && !Double.isNaN(lag.records());
    }

    /** Drops what was measured of a version. */
    void forget(ModelVersion version) {
        metrics.forget(version);
    }

    /** Asks the loop to end; what is in hand may finish within the drain time. */
    void stop() {
        stop.stopWithin(settings.drain());
    }

    @Override
    public void run() {
        Backoff backoff = new Backoff();
        try {
            while (!stop.isStopping()) {
                runOnce(backoff);
            }
        } catch (InterruptException e) {
            LOG.warn("Scoring {} was interrupted.", source.topic());
        } finally {
            running = false;
            metrics.disconnected();
        }
    }

    private void runOnce(Backoff backoff) {
        Map<String, Object> member = settings.member(source.group());
        try {
            connectAndScore(member, backoff);
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException | ScanstreamException e) {
            if (e instanceof UnsupportedVersionException && settings.fallsBack(member)) {
                return;
            }
            LOG.warn(
                    "Scoring {} from Kafka at {} stands still: {}",
                    source.topic(),
                    settings.bootstrapServers(),
                    withCauses(e));
            standStill(backoff);
        } catch (RuntimeException | Error e) {
            // Memory that is short comes back. Whatever else it is, a thread that ends would be worse.
            LOG.error("Scoring {} stands still for a reason of our own.", source.topic(), e);
            standStill(backoff);
        }
    }

    private void connectAndScore(Map<String, Object> member, Backoff backoff) {
        InHand inHand = new InHand(settings.scansInHand(), settings.bytesInHand(), settings.linger());
        AtomicReference<ConsumerGroupMetadata> group = new AtomicReference<>();
        try (Admin admin = Admin.create(settings.client());
                ScoredIds scoredIds = new ScoredIds(settings, admin);
                Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(member)) {
            boolean samePartition = scoredIds.samePartition(ScoredIds.partitions(consumer, source.topic()));
            HeldPartitions partitions =
                    new HeldPartitions(consumer, scoredIds, samePartition, store, settings, inHand, known);
            group.set(consumer.groupMetadata());
            try (ScoreWriter writer = new ScoreWriter(settings, samePartition, traces);
                    Committer committer = new Committer(
                            source.topic() + "-commit", inHand, writer, group::get, metrics, this::offerToShadows)) {
                consumer.subscribe(List.of(source.topic()), partitions);
                lag = new Lag(Lag.of(admin, source.group()), System::nanoTime);
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
                                lag,
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
        metrics.disconnected();
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
