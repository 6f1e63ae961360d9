package io.scanstream.inference;

import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Down when a thread of the Kafka edge has ended that nothing in this process starts again: then the process must be. */
@org.eclipse.microprofile.health.Liveness
final class Liveness implements HealthCheck {
    private final Wiring wiring;

    Liveness(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public HealthCheckResponse call() {
        List<String> dead = wiring.dead();
        return HealthCheckResponse.named("edge")
                .status(dead.isEmpty())
                .withData("dead", String.join(", ", dead))
                .build();
    }
}
