package io.scanstream.gateway.scans;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.access.http.AccessGate;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.BatchedScan;
import io.scanstream.contracts.api.ScanView;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.gateway.messaging.EventStreams;
import io.scanstream.gateway.models.RuledHeaders;
import io.scanstream.gateway.problems.Problems;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Parameters;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;

/** Scans to be scored, and their scores. */
@Path("/api/v1/scans")
@Tag(name = "scans", description = "Scans to be scored, and their scores")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class ScansResource {
    /** Of all scores, for one client that watches them: a few seconds of a busy platform. */
    private static final int MOST_SCORES_WAITING = 2_000;

    private static final String PNG = "image/png";

    private final ScanIntake intake;
    private final ScanStates states;
    private final ScoreWindow window;
    private final RuledHeaders ruled;
    private final Heatmaps heatmaps;

    ScansResource(ScanIntake intake, RuledHeaders ruled, ScanStates states, ScoreWindow window, Heatmaps heatmaps) {
        this.intake = intake;
        this.ruled = ruled;
        this.heatmaps = heatmaps;
        this.states = states;
        this.window = window;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Score an image",
            description =
                    "The image is the raw body. Answers 202 once Kafka has it; with Prefer: wait=10 it waits up to"
                            + " so many seconds (60 at most) for the score and then answers 200 with it. The same"
                            + " Idempotency-Key with the same image is the same scan. Headers X-Scanstream-*, and those"
                            + " that a rule of the model's traffic names, go with it to whoever chooses its version;"
                            + " X-Scanstream-Subject, whose scan it is, stays here: by it the subject's scans are found"
                            + " if consent is withdrawn.")
    @RequestBody(
            content =
                    @Content(
                            mediaType = "application/octet-stream",
                            schema = @Schema(type = SchemaType.STRING, format = "binary")))
    @APIResponse(
            responseCode = "200",
            description = "The score or the rejection, within the preferred wait",
            content = @Content(schema = @Schema(implementation = ScanView.class)))
    @APIResponse(
            responseCode = "202",
            description = "Taken in; Location is its address",
            content = @Content(schema = @Schema(implementation = ScanView.class)))
    public Uni<Response> score(
            InputStream body,
            @QueryParam("model") @Nullable String model,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("deadline") @Nullable String deadline,
            @QueryParam("urgent") @Nullable String urgent,
            @HeaderParam("Content-Type") @Nullable String contentType,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @HeaderParam("Prefer") @Nullable String prefer,
            @HeaderParam("Idempotency-Key") @Nullable String idempotencyKey,
            @Context HttpHeaders headers,
            @Context UriInfo uri) {
        ScanRequest.requireKnown(uri.getQueryParameters().keySet());
        ScanRequest request = routed(ScanRequest.of(model, version, alias, deadline, urgent, contentType), headers);
        Duration wait = Parameters.preferredWait(prefer);
        ScanIntake.Taken taken = intake.accept(
                request, body, sizeBytes == null ? -1 : sizeBytes, Parameters.idempotencyKey(idempotencyKey));
        return Uni.createFrom()
                .completionStage(taken.written()
                        .thenCompose(written -> result(taken.id(), wait))
                        .thenApply(score -> {
                            ScanView view = score.map(ScanView::of).orElseGet(() -> ScanView.pending(taken.id()));
                            Response.ResponseBuilder response = Response.status(score.isPresent() ? 200 : 202)
                                    .entity(view)
                                    .location(address(taken.id()));
                            if (!wait.isZero()) {
                                response.header("Preference-Applied", "wait=" + wait.toSeconds());
                            }
                            return response.build();
                        }));
    }

    private ScanRequest routed(ScanRequest request, HttpHeaders headers) {
        return request.routedBy(headers.getRequestHeaders(), ruled.of(request.model()));
    }

    private CompletableFuture<Optional<ScoreEvent>> result(ScanId id, Duration wait) {
        return wait.isZero() ? CompletableFuture.completedFuture(window.find(id)) : window.await(id, wait);
    }

    @POST
    @Path("/batch")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    @Operation(
            summary = "Score many images",
            description =
                    "A form with a file for each image, all under one field name. Answers once Kafka has them all,"
                            + " with the id or the error of each, in order.")
    @APIResponse(
            responseCode = "202",
            description = "One item for each file",
            content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = BatchedScan.class)))
    public Response scoreMany(
            @RestForm(FileUpload.ALL) List<FileUpload> files,
            @QueryParam("model") @Nullable String model,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("deadline") @Nullable String deadline,
            @QueryParam("urgent") @Nullable String urgent,
            @HeaderParam("Idempotency-Key") @Nullable String idempotencyKey,
            @Context HttpHeaders headers,
            @Context UriInfo uri,
            @Context RoutingContext http) {
        ScanRequest.requireKnown(uri.getQueryParameters().keySet());
        if (files.isEmpty()) {
            throw RequestRefused.invalid("The form has no file; expected one for each scan.");
        }
        Optional<String> key = Parameters.idempotencyKey(idempotencyKey);
        intake.requireScorer(ScanRequest.of(model, version, alias, deadline, urgent, null));
        List<CompletableFuture<ScanId>> taken = new ArrayList<>();
        for (FileUpload file : files) {
            ScanRequest request =
                    routed(ScanRequest.of(model, version, alias, deadline, urgent, file.contentType()), headers);
            int number = taken.size();
            taken.add(take(request, file, key.map(text -> text + "#" + number)));
        }
        List<BatchedScan> answers = new ArrayList<>();
        for (FileUpload file : files) {
            answers.add(answer(file.fileName(), taken.get(answers.size())));
        }
        AccessGate.about(
                http,
                "scans/"
                        + answers.stream()
                                .filter(answer -> answer.id() != null)
                                .map(answer -> String.valueOf(answer.id()))
                                .collect(Collectors.joining(",")));
        return Response.accepted(answers).build();
    }

    private CompletableFuture<ScanId> take(ScanRequest request, FileUpload file, Optional<String> key) {
        try (InputStream in = Files.newInputStream(file.uploadedFile())) {
            ScanIntake.Taken scan = intake.accept(request, in, file.size(), key);
            return scan.written().thenApply(written -> scan.id());
        } catch (ScanstreamException e) {
            return CompletableFuture.failedFuture(e);
        } catch (IOException e) {
            throw new UncheckedIOException("upload " + file.uploadedFile(), e);
        }
    }

    private static BatchedScan answer(String file, CompletableFuture<ScanId> taken) {
        try {
            return new BatchedScan(file, taken.join(), null);
        } catch (CompletionException e) {
            if (e.getCause() instanceof ScanstreamException known) {
                return new BatchedScan(file, null, new BatchedScan.Refusal(known.code(), Problems.detail(known)));
            }
            throw e;
        }
    }

    @GET
    @Path("/{id}")
    @Operation(
            summary = "A scan's state and score",
            description = "404 for an id that nobody made, 410 for a scan from before what is remembered.")
    public ScanView get(String id) {
        return states.get(ScanId.of(id));
    }

    @GET
    @Path("/{id}/heatmap")
    @Produces({PNG, MediaType.APPLICATION_JSON})
    @Operation(
            summary = "Where the model saw what speaks for a class",
            description =
                    "By the version that scored the scan: a PNG, orange over the scan for the class and blue against"
                            + " it, or with Accept: application/json the map's figures. 409 while there is no score, 410 where the"
                            + " scan's bytes are not kept, 404 where the version is gone.")
    @APIResponse(
            responseCode = "200",
            description = "The map, of the class label, else of the one that was decided for")
    public Uni<Response> heatmap(String id, @QueryParam("label") @Nullable String label, @Context HttpHeaders headers) {
        String type = wantsFigures(headers) ? MediaType.APPLICATION_JSON : PNG;
        return Uni.createFrom()
                .completionStage(heatmaps.ask(ScanId.of(id), label, type).thenApply(map -> {
                    Response.ResponseBuilder response =
                            Response.ok(map.body(), type).header("X-Scanstream-Version", map.version());
                    map.label().ifPresent(named -> response.header("X-Scanstream-Label", named));
                    return response.build();
                }));
    }

    /** Whether JSON is accepted before a picture is. */
    private static boolean wantsFigures(HttpHeaders headers) {
        for (MediaType accepted : headers.getAcceptableMediaTypes()) {
            if (accepted.isCompatible(MediaType.valueOf(PNG))) {
                return false;
            }
            if (accepted.isCompatible(MediaType.APPLICATION_JSON_TYPE)) {
                return true;
            }
        }
        return false;
    }

    @DELETE
    @Path("/{id}")
    @Operation(
            summary = "Delete the bytes that are kept of a scan",
            description = "Large scans are kept in the object store for some days. The score stays.")
    @APIResponse(responseCode = "204", description = "Nothing is kept of it, or not any more")
    public void delete(String id) {
        ScanId scan = ScanId.of(id);
        states.get(scan);
        intake.deleteBytes(scan);
    }

    @GET
    @Path("/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            summary = "Scores as they come",
            description = "Server-sent events from now on; the event's name is ScanScored or ScanRejected, its id the"
                    + " scan's, its data the JSON of the message. model: of this model only.")
    public Multi<OutboundSseEvent> events(@QueryParam("model") @Nullable String model, @Context Sse sse) {
        return EventStreams.stream(
                sse,
                MOST_SCORES_WAITING,
                sink -> window.listen(score -> {
                    if (model == null || model.equals(score.model())) {
                        JsonNode json = Json.mapper().valueToTree(score);
                        sink.event(
                                json.path("type").asText(),
                                json.toString(),
                                score.scanId().toString());
                    }
                }));
    }

    private static URI address(ScanId id) {
        return URI.create("/api/v1/scans/" + id);
    }
}
