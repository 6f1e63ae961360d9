package io.scanstream.gateway.drift;

import io.scanstream.contracts.api.DriftView;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Whether a version answers in service as it did when it was evaluated. */
@Path("/api/v1/models/{name}/{version}/drift")
@Tag(name = "models")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class DriftResource {
    private final DriftDesk drift;

    DriftResource(DriftDesk drift) {
        this.drift = drift;
    }

    @GET
    @Operation(
            summary = "Whether this version answers as it did when it was evaluated",
            description =
                    "The distributions of its decisions, confidence, probabilities and distances in the last hours, on all"
                            + " instances, beside those of the test split, with the population stability index of each; and when"
                            + " which of them drifted and came back.")
    public DriftView drift(String name, String version) {
        return drift.of(name, version);
    }
}
