package io.scanstream.gateway.sweeps;

import io.scanstream.contracts.api.SweepRequest;
import io.scanstream.contracts.api.SweepView;
import io.scanstream.contracts.job.JobId;
import io.scanstream.gateway.requests.Parameters;
import io.scanstream.gateway.requests.RequestBody;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Sweeps and cross-validations. */
@Path("/api/v1/sweeps")
@Tag(name = "sweeps", description = "Many trainings of one recipe with some fields different, and how they compare")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class SweepsResource {
    private final SweepDesk desk;

    SweepsResource(SweepDesk desk) {
        this.desk = desk;
    }

    @POST
    @Consumes({MediaType.APPLICATION_JSON, MediaType.WILDCARD})
    @Operation(
            summary = "Start a sweep",
            description = "A training for every combination of the grid's values, with folds one for each fold of each."
                    + " All are checked before the first is started. At most 256 trainings. The same"
                    + " Idempotency-Key with the same body is the same sweep.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = SweepRequest.class)))
    @APIResponse(
            responseCode = "202",
            description = "All queued; Location is its address",
            content = @Content(schema = @Schema(implementation = SweepView.class)))
    public Response start(
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @HeaderParam("Idempotency-Key") @Nullable String idempotencyKey) {
        SweepRequest request = new RequestBody(
                        body, sizeBytes == null ? -1 : sizeBytes, desk.maxRequestBytes(), "sweep request")
                .json(SweepRequest.class);
        SweepView sweep = desk.start(request, Parameters.idempotencyKey(idempotencyKey));
        return Response.accepted(sweep)
                .location(URI.create("/api/v1/sweeps/" + sweep.id()))
                .build();
    }

    @GET
    @Operation(summary = "Every sweep, newest first")
    public List<SweepView> list() {
        return desk.list();
    }

    @GET
    @Path("/{id}")
    @Operation(summary = "How a sweep's settings compare so far, the best first")
    public SweepView get(String id) {
        return desk.get(JobId.of(id));
    }

    @GET
    @Path("/{id}/table")
    @Produces(MediaType.TEXT_HTML)
    @Operation(summary = "The comparison as a page")
    public String table(String id) {
        return SweepTable.html(desk.get(JobId.of(id)));
    }

    @POST
    @Path("/{id}/cancel")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Cancel the trainings that have not ended")
    public SweepView cancel(String id) {
        return desk.cancel(JobId.of(id));
    }
}
