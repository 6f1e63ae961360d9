package io.scanstream.inference;

import io.scanstream.inference.http.HttpLimits;
import io.scanstream.inference.kafka.ScanEdge;
import io.scanstream.inference.model.ServingSet;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Ready when every champion known at start is warm or refused, and the Kafka edge runs; not any more when the service ends. A
 * broker that is away for a while does not change that, {@code kafkaAnswers} says so: what comes over HTTP can be answered
 * without it.
 */
@org.eclipse.microprofile.health.Readiness
final class Readiness implements HealthCheck {
    private final ServingSet serving;
    private final ScanEdge edge;
    private final HttpLimits limits;

    Readiness(ServingSet serving, ScanEdge edge, HttpLimits limits) {
        this.serving = serving;
        this.edge = edge;
        this.limits = limits;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("scoring")
                .status(serving.ready() && edge.running() && !limits.isEnding())
                .withData("modelsListed", serving.ready())
                .withData("kafka", edge.running())
                .withData("kafkaAnswers", edge.brokerAnswers())
                .withData("ending", limits.isEnding())
                .build();
    }
}
