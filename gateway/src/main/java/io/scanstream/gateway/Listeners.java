package io.scanstream.gateway;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.drift.AnswerWindow;
import io.scanstream.gateway.jobs.JobEvents;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.gateway.models.RuledHeaders;
import io.scanstream.gateway.models.ShadowAgreement;
import io.scanstream.gateway.scans.ScoreWindow;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka tells every replica of the gateway. A record that cannot be read, or that comes while the store does not
 * answer, is logged and left: the store is listed every 30 seconds anyway, and the truth is there.
 */
@ApplicationScoped
class Listeners {
    private static final Logger LOG = Logger.getLogger(Listeners.class);

    private final JobEvents jobs;
    private final ModelRegistry models;
    private final ScoreWindow scores;
    private final ScoreReplay replay;
    private final RuledHeaders headers;
    private final ShadowAgreement shadows;
    private final ShadowReplay shadowReplay;
    private final AnswerWindow answers;
    private final DriftReplay driftReplay;

    Listeners(
            JobEvents jobs,
            ModelRegistry models,
            RuledHeaders headers,
            ScoreWindow scores,
            ScoreReplay replay,
            ShadowAgreement shadows,
            ShadowReplay shadowReplay,
            AnswerWindow answers,
            DriftReplay driftReplay) {
        this.jobs = jobs;
        this.models = models;
        this.headers = headers;
        this.shadows = shadows;
        this.shadowReplay = shadowReplay;
        this.answers = answers;
        this.driftReplay = driftReplay;
        this.scores = scores;
        this.replay = replay;
    }

    @Incoming("training-events")
    @Blocking
    void training(byte[] json) {
        read("training.events", json, TrainingEvent.class)
                .ifPresent(event -> safely("training.events", () -> jobs.saw(event)));
    }

    @Incoming("model-events")
    @Blocking
    void model(byte[] json) {
        read("model.events", json, ModelEvent.class)
                .ifPresent(event -> safely("model.events", () -> {
                    if (event instanceof ModelEvent.TrafficChanged) {
                        headers.refresh(event.name());
                    }
                    models.refresh(event.name());
                }));
    }

    @Incoming("scores")
    CompletionStage<Void> score(Message<byte[]> record) {
        Optional<ScoreEvent> read = read("scores", record.getPayload(), ScoreEvent.class);
        read.ifPresent(score -> {
            @Nullable
            IncomingKafkaRecordMetadata<?, ?> metadata =
                    record.getMetadata(IncomingKafkaRecordMetadata.class).orElse(null);
            if (metadata != null) {
                replay.saw(metadata.getTopic(), metadata.getPartition(), score.scanId());
            }
            scores.saw(score);
            shadows.sawAnswer(score);
        });
        return record.ack();
    }

    @Incoming("scores-shadow")
    CompletionStage<Void> shadow(Message<byte[]> record) {
        read("scores.shadow", record.getPayload(), ScoreEvent.class).ifPresent(shadows::sawShadow);
        record.getMetadata(IncomingKafkaRecordMetadata.class)
                .ifPresent(from -> shadowReplay.counted(from.getTopic(), from.getPartition(), from.getOffset()));
        return record.ack();
    }

    @Incoming("model-answers")
    CompletionStage<Void> answers(Message<byte[]> record) {
        read(Topics.MODEL_ANSWERS, record.getPayload(), AnswerCounts.class).ifPresent(counts -> {
            try {
                answers.saw(counts);
            } catch (ScanstreamException e) {
                LOG.warnf("%s: a record is left out: %s", Topics.MODEL_ANSWERS, e.getMessage());
            }
        });
        record.getMetadata(IncomingKafkaRecordMetadata.class)
                .ifPresent(from -> driftReplay.counted(from.getTopic(), from.getPartition(), from.getOffset()));
        return record.ack();
    }

    private static <T> Optional<T> read(String topic, byte[] json, Class<T> type) {
        try {
            return Optional.of(Json.read(json, type));
        } catch (ScanstreamException e) {
            LOG.warnf("%s: a record that cannot be read is left out: %s", topic, e.getMessage());
            return Optional.empty();
        }
    }

    private static void safely(String topic, Runnable work) {
        try {
            work.run();
        } catch (ScanstreamException e) {
            LOG.warnf("%s: an event was left to the next listing of the store: %s", topic, e.getMessage());
        }
    }
}
