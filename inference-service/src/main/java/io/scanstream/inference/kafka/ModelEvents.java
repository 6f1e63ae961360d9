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
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
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
    private final StopSignal stop = new StopSignal();

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
        try {
            while (!stop.isStopping()) {
                listenOnce(backoff);
            }
        } catch (InterruptException e) {
            LOG.warn("{} is not read any more: interrupted.", Topics.MODEL_EVENTS);
        }
    }

    private void listenOnce(Backoff backoff) {
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.consumer())) {
            List<TopicPartition> all = partitions(consumer);
            consumer.assign(all);
            consumer.seekToEnd(all);
            backoff.reset();
            // What came while nobody listened.
            nudge.run();
            while (!stop.isStopping()) {
                if (!consumer.poll(POLL).isEmpty()) {
                    nudge.run();
                }
            }
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.warn("{} cannot be read; the store is listed all the same: {}", Topics.MODEL_EVENTS, e.getMessage());
            stop.sleep(backoff.next());
        } catch (RuntimeException | Error e) {
            LOG.error("{} is not read for a reason of our own; it is tried again.", Topics.MODEL_EVENTS, e);
            stop.sleep(backoff.next());
        }
    }

    private static List<TopicPartition> partitions(Consumer<?, ?> consumer) {
        return IntStream.range(0, ScoredIds.partitions(consumer, Topics.MODEL_EVENTS))
                .mapToObj(number -> new TopicPartition(Topics.MODEL_EVENTS, number))
                .toList();
    }

    /** Whether the thread that listens has not ended before its time. */
    public boolean alive() {
        return stop.isStopping() || thread.getState() == Thread.State.NEW || thread.isAlive();
    }

    @Override
    public void close() {
        stop.stopWithin(Duration.ZERO);
        try {
            thread.join(METADATA.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sending.shutdownNow();
    }
}
