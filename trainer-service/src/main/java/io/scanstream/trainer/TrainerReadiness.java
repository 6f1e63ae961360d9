package io.scanstream.trainer;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready: the object store answers and the trainer works or looks for work. Kafka's absence is waited out and not told here. */
@Readiness
@ApplicationScoped
class TrainerReadiness implements HealthCheck {
    private final TrainerService service;

    TrainerReadiness(TrainerService service) {
        this.service = service;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("trainer").status(service.ready()).build();
    }
}
