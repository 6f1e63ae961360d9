package io.scanstream.inference.kafka;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.ModelVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to {@code model.answers}, every minute or so, how this instance's answers were distributed. Counts that could not be
 * written are written with the next ones; those of a process that is killed are lost, a minute of them.
 */
public final class AnswerReports implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerReports.class);
    private static final Duration GIVE_UP = Duration.ofSeconds(10);
    private static final Duration LAST = Duration.ofSeconds(2);

    private final KafkaSettings settings;
    private final Supplier<Map<ModelVersion, AnswerHistogram>> counted;
    private final Duration interval;
    private final int giveUpMs;
    private final Map<ModelVersion, AnswerCounts> unsent = new HashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "answer-reports");
        thread.setDaemon(true);
        return thread;
    });
    private Instant since = Instant.now();
    private @Nullable Producer<byte[], byte[]> producer;

    /**
     * Nothing is written yet.
     *
     * @param counted since it was asked last
     */
    public AnswerReports(
            KafkaSettings settings, Supplier<Map<ModelVersion, AnswerHistogram>> counted, Duration interval) {
        this(settings, counted, interval, GIVE_UP);
    }

    /** Gives up a record, until the next time, after some patience. */
    AnswerReports(
            KafkaSettings settings,
            Supplier<Map<ModelVersion, AnswerHistogram>> counted,
            Duration interval,
            Duration giveUp) {
        this.giveUpMs = Math.toIntExact(giveUp.toMillis());
        this.settings = settings;
        this.counted = counted;
        this.interval = interval;
    }

    public void start() {
        var unused = clock.scheduleWithFixedDelay(
                this::report, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void report() {
        try {
            gather();
            send();
        } catch (KafkaException | ExecutionException e) {
            LOG.warn("{} was not written; the counts wait for the next time: {}", Topics.MODEL_ANSWERS, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("{} was not written for a reason of our own.", Topics.MODEL_ANSWERS, e);
        }
    }

    private void gather() {
        Instant now = Instant.now();
        counted.get().forEach((version, answers) -> {
            AnswerCounts fresh = new AnswerCounts(version, settings.instance(), since, now, answers);
            unsent.merge(version, fresh, AnswerReports::both);
        });
        since = now;
    }

    private static AnswerCounts both(AnswerCounts before, AnswerCounts after) {
        return new AnswerCounts(
                after.model(),
                after.instance(),
                before.since(),
                after.at(),
                before.answers().plus(after.answers()));
    }

    private void send() throws ExecutionException, InterruptedException {
        for (AnswerCounts counts : List.copyOf(unsent.values())) {
            if (producer == null) {
                producer = new KafkaProducer<>(properties());
            }
            byte[] key = counts.model().toString().getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(Topics.MODEL_ANSWERS, key, Json.bytes(counts)))
                    .get();
            unsent.remove(counts.model());
        }
    }

    private Map<String, Object> properties() {
        Map<String, Object> properties = new HashMap<>(settings.producer());
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, giveUpMs);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, giveUpMs);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, giveUpMs / 2);
        return properties;
    }

    /** Writes what was counted since the last time, if that is done soon. */
    @Override
    public void close() {
        clock.execute(this::report);
        clock.execute(() -> {
            if (producer != null) {
                producer.close(Duration.ZERO);
            }
        });
        clock.shutdown();
        try {
            if (!clock.awaitTermination(LAST.toMillis(), TimeUnit.MILLISECONDS)) {
                clock.shutdownNow();
            }
        } catch (InterruptedException e) {
            clock.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
