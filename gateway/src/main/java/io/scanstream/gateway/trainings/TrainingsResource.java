package io.scanstream.gateway.trainings;

import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.api.TrainingView;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.gateway.jobs.JobEventStreams;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Parameters;
import io.scanstream.gateway.requests.RequestBody;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.io.InputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Training jobs. */
@Path("/api/v1/trainings")
@Tag(name = "trainings", description = "Jobs that train a recipe on a data set and publish a model version")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class TrainingsResource {
    private final TrainingIntake intake;
    private final Trainings trainings;
    private final JobEventStreams streams;

    TrainingsResource(TrainingIntake intake, Trainings trainings, JobEventStreams streams) {
        this.intake = intake;
        this.trainings = trainings;
        this.streams = streams;
    }

    @POST
    @Consumes({MediaType.APPLICATION_JSON, MediaType.WILDCARD})
    @Operation(
            summary = "Start a training",
            description = "The recipe is checked against the data set; a 400 lists every mistake with its path. A data"
                    + " set that is still read is a 409. The same Idempotency-Key with the same body is the same"
                    + " training.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = TrainingRequest.class)))
    @APIResponse(
            responseCode = "202",
            description = "Queued; Location is its address",
            content = @Content(schema = @Schema(implementation = TrainingView.class)))
    public Response start(
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @HeaderParam("Idempotency-Key") @Nullable String idempotencyKey) {
        TrainingRequest request = new RequestBody(
                        body, sizeBytes == null ? -1 : sizeBytes, intake.maxRequestBytes(), "training request")
                .json(TrainingRequest.class);
        JobState job = intake.accept(request, Parameters.idempotencyKey(idempotencyKey));
        return Response.accepted(trainings.view(job))
                .location(URI.create("/api/v1/trainings/" + job.id()))
                .build();
    }

    @GET
    @Operation(
            summary = "Every training, newest first, without histories",
            description = "status: one of QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED; model: a model's name.")
    public List<TrainingView> list(
            @QueryParam("status") @Nullable String status, @QueryParam("model") @Nullable String model) {
        Predicate<JobState> wanted = job -> true;
        if (status != null) {
            JobStatus only = status(status);
            wanted = job -> job.status() == only;
        }
        if (model != null) {
            wanted = wanted.and(job -> job.work() instanceof JobState.Training training
                    && training.model().equals(model));
        }
        return trainings.list(wanted);
    }

    private static JobStatus status(String text) {
        for (JobStatus status : JobStatus.values()) {
            if (status.name().equalsIgnoreCase(text)) {
                return status;
            }
        }
        throw RequestRefused.invalid(
                "status: '" + Parameters.shown(text) + "' is not one of " + Arrays.toString(JobStatus.values()) + ".");
    }

    @GET
    @Path("/{id}")
    @Operation(summary = "A training with its epochs so far")
    public TrainingView get(String id) {
        return trainings.get(JobId.of(id));
    }

    @GET
    @Path("/{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(summary = "A training's events, as of GET /api/v1/jobs/{id}/events")
    public Multi<OutboundSseEvent> events(
            String id, @HeaderParam("Last-Event-ID") @Nullable String lastEventId, @Context Sse sse) {
        return streams.stream(trainings.find(JobId.of(id)).id(), lastEventId, sse);
    }

    @DELETE
    @Path("/{id}")
    @Operation(summary = "Cancel a training (its journal stays)", description = "409 if it has ended.")
    public TrainingView delete(String id) {
        return trainings.cancel(JobId.of(id));
    }

    @POST
    @Path("/{id}/cancel")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Cancel a training", description = "409 if it has ended.")
    public TrainingView cancel(String id) {
        return trainings.cancel(JobId.of(id));
    }
}
