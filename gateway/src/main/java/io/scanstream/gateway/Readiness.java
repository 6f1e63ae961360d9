package io.scanstream.gateway;

import io.scanstream.storage.ObjectStore;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.jspecify.annotations.Nullable;

/**
 * Ready when the store answers and the read models are as they should be: jobs and models read once, the newest scores
 * read up to where the topic ended at start. That Kafka answers is SmallRye's own check of the channels.
 */
@org.eclipse.microprofile.health.Readiness
@ApplicationScoped
class Readiness implements HealthCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final String SCORES = "scores";

    private final ObjectStore store;
    private final Housekeeping housekeeping;
    private final ScoreReplay replay;
    private final KafkaClientService kafka;
    private volatile boolean scoresRead;

    Readiness(ObjectStore store, Housekeeping housekeeping, ScoreReplay replay, KafkaClientService kafka) {
        this.store = store;
        this.housekeeping = housekeeping;
        this.replay = replay;
        this.kafka = kafka;
    }

    @Override
    public HealthCheckResponse call() {
        boolean reachable = store.reachable();
        boolean read = housekeeping.hasRead();
        boolean scores = scoresRead();
        return HealthCheckResponse.named("scanstream")
                .withData("store", reachable)
                .withData("jobsAndModelsRead", read)
                .withData("scoresRead", scores)
                .status(reachable && read && scores)
                .build();
    }

    private boolean scoresRead() {
        if (scoresRead) {
            return true;
        }
        if (!kafka.getConsumerChannels().contains(SCORES)) {
            // The channel is fed by something else than Kafka, which has no past to read.
            return true;
        }
        @Nullable KafkaConsumer<Object, Object> consumer = kafka.getConsumer(SCORES);
        try {
            scoresRead = consumer != null
                    && replay.caughtUp(consumer.getPositions().await().atMost(PATIENCE));
        } catch (RuntimeException e) {
            // Kafka does not answer yet.
            return false;
        }
        return scoresRead;
    }
}
