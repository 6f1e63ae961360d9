package io.scanstream.inference;

import io.scanstream.inference.kafka.ScanEdge;
import io.scanstream.inference.model.ServingSet;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Ready when every champion known at start is warm or refused, and the Kafka edge runs. */
@org.eclipse.microprofile.health.Readiness
final class Readiness implements HealthCheck {
    private final ServingSet serving;
    private final ScanEdge edge;

    Readiness(ServingSet serving, ScanEdge edge) {
        this.serving = serving;
        this.edge = edge;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("scoring")
                .status(serving.ready() && edge.running())
                .withData("modelsListed", serving.ready())
                .withData("kafka", edge.running())
                .build();
    }
}
