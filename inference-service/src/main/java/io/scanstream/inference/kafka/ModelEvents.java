package io.scanstream.inference.kafka;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.deadletter.DeadLetterRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code model.events}, both ways: any record is a nudge to look at the store, and a version that is refused here is
 * reported. Nothing is lost with an event: the store is listed anyway, and a refusal is also a metric and a log line.
 */
public final class ModelEvents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelEvents.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration METADATA = Duration.ofSeconds(5);

    private final KafkaSettings settings;
    private final Runnable nudge;
    private final Thread thread = new Thread(this::listen, "model-events");
    private final ExecutorService sending = Executors.newSingleThreadExecutor(task -> {
        Thread sender = new Thread(task, "model-events-out");
        sender.setDaemon(true);
        return sender;
    });
    private volatile boolean stopping;

    /** Nothing runs yet. */
    public ModelEvents(KafkaSettings settings, Runnable nudge) {
        this.settings = settings;
        this.nudge = nudge;
    }

    public void start() {
        thread.start();
    }

    /** Reports that this instance does not accept a version. Returns at once. */
    public void refused(ModelVersion version, ScanstreamException reason) {
        ModelEvent event = new ModelEvent.ModelRefused(
                version, settings.instance(), reason.code(), DeadLetterRecord.shortened(reason), Instant.now());
        sending.execute(() -> send(version, event));
    }

    private void send(ModelVersion version, ModelEvent event) {
        byte[] key = version.toString().getBytes(StandardCharsets.UTF_8);
        try (Producer<byte[], byte[]> producer = new KafkaProducer<>(settings.producer())) {
            producer.send(new ProducerRecord<>(Topics.MODEL_EVENTS, key, Json.bytes(event)))
                    .get();
        } catch (KafkaException | ExecutionException e) {
            LOG.warn("The refusal of {} was not published: {}", version, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listen() {
        Backoff backoff = new Backoff();
        while (!stopping) {
            try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.consumer())) {
                List<TopicPartition> all = consumer.partitionsFor(Topics.MODEL_EVENTS, METADATA).stream()
                        .map(info -> new TopicPartition(info.topic(), info.partition()))
                        .toList();
                consumer.assign(all);
                consumer.seekToEnd(all);
                backoff.reset();
                // What came while nobody listened.
                nudge.run();
                while (!stopping) {
                    if (!consumer.poll(POLL).isEmpty()) {
                        nudge.run();
                    }
                }
            } catch (KafkaException e) {
                LOG.warn(
                        "{} cannot be read; the store is listed all the same: {}", Topics.MODEL_EVENTS, e.getMessage());
                if (!pause(backoff.next())) {
                    return;
                }
            }
        }
    }

    private static boolean pause(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join(METADATA.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sending.shutdownNow();
    }
}
