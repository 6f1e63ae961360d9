package io.scanstream.trainer.job;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the other services what has happened. What is true stands in the object store before it is told here, so a message
 * that does not get out costs the seconds until somebody lists the store, and work never waits long for Kafka.
 */
public final class Announcements {
    private static final Logger LOG = Logger.getLogger(Announcements.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Sender sender;
    private final Consumer<TrainingEvent> heard;

    /** Where messages go; completes when the broker has taken one. */
    @FunctionalInterface
    public interface Sender {
        CompletionStage<Void> send(String topic, @Nullable String key, byte[] value, Map<String, String> headers);
    }

    public Announcements(Sender sender) {
        this(sender, event -> {});
    }

    /**
     * With somebody in this process who hears of jobs too.
     *
     * @param heard called before an event is sent; must not throw
     */
    public Announcements(Sender sender, Consumer<TrainingEvent> heard) {
        this.sender = sender;
        this.heard = heard;
    }

    /** Tells of a job. Only a job's last event is waited for. */
    public void event(TrainingEvent event) {
        heard.accept(event);
        CompletionStage<Void> sent =
                sender.send(Topics.TRAINING_EVENTS, event.jobId().toString(), Json.bytes(event), Map.of());
        if (event.ends()) {
            await(sent, event);
        } else {
            sent.exceptionally(e -> {
                LOG.debugf(e, "not told: %s", event);
                return null;
            });
        }
    }

    public void event(ModelEvent event) {
        await(sender.send(Topics.MODEL_EVENTS, event.key(), Json.bytes(event), Map.of()), event);
    }

    /** Says that there is work on a job. */
    void request(TrainingMessage message) {
        await(
                sender.send(Topics.TRAINING_REQUESTS, message.jobId().toString(), Json.bytes(message), Map.of()),
                message);
    }

    /** Sets a request aside that no trainer can do anything with; false if that could not be done. */
    boolean deadLetter(ConsumerRecord<String, byte[]> request, ScanstreamException error) {
        Map<String, String> headers = Map.of(
                ScanHeaders.ERROR_CODE,
                error.code().name(),
                ScanHeaders.ERROR_REASON,
                String.valueOf(error.getMessage()),
                ScanHeaders.ATTEMPTS,
                Integer.toString(
                        attemptsBefore(request) + request.deliveryCount().orElse((short) 1)),
                ScanHeaders.SOURCE_TOPIC,
                request.topic(),
                ScanHeaders.SOURCE_PARTITION,
                Integer.toString(request.partition()),
                ScanHeaders.SOURCE_OFFSET,
                Long.toString(request.offset()));
        byte[] value = request.value() == null ? new byte[0] : request.value();
        return await(sender.send(Topics.TRAINING_REQUESTS_DLQ, request.key(), value, headers), error);
    }

    /** Of a request that was replayed from the dead letters. */
    private static int attemptsBefore(ConsumerRecord<String, byte[]> request) {
        Header attempts = request.headers().lastHeader(ScanHeaders.ATTEMPTS);
        String text = attempts == null || attempts.value() == null
                ? ""
                : new String(attempts.value(), StandardCharsets.UTF_8);
        return text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    }

    private static boolean await(CompletionStage<Void> sent, Object what) {
        try {
            sent.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            LOG.warnf(
                    "not told, Kafka does not take it: %s (%s)", what.getClass().getSimpleName(), e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
