package io.scanstream.gateway.subjects;

import io.scanstream.access.http.AccessGate;
import io.scanstream.contracts.api.ExclusionRequest;
import io.scanstream.contracts.api.ExclusionView;
import io.scanstream.contracts.job.JobId;
import io.scanstream.gateway.requests.RequestBody;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
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

/** Subjects who have withdrawn consent. */
@Path("/api/v1/subjects")
@Tag(name = "subjects", description = "Exclusion of subjects who have withdrawn consent")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class SubjectsResource {
    private static final long LARGEST_REQUEST_BYTES = 64 << 10;
    private static final String ADDRESS = "/api/v1/subjects/exclusions/";

    private final ExclusionDesk desk;

    SubjectsResource(ExclusionDesk desk) {
        this.desk = desk;
    }

    @POST
    @Path("/exclusions")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Exclude a subject",
            description =
                    "Takes the subject's scans out of every data set, deletes the originals and what shows them, flags"
                            + " the models that were trained on them, and on request trains these anew without them. It is exclusion"
                            + " and retraining: what a model has learned stays in that model. The id in the body is in no log.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ExclusionRequest.class)))
    @APIResponse(
            responseCode = "202",
            description = "Begun; Location is its address",
            content = @Content(schema = @Schema(implementation = ExclusionView.class)))
    public Response exclude(
            InputStream body, @HeaderParam("Content-Length") @Nullable Long sizeBytes, @Context RoutingContext http) {
        ExclusionRequest request = new RequestBody(
                        body, sizeBytes == null ? -1 : sizeBytes, LARGEST_REQUEST_BYTES, "request")
                .json(ExclusionRequest.class);
        return accepted(
                http,
                new ExclusionRequest(
                        request.subject(),
                        request.retrain(),
                        AccessGate.actor(http, request.actor()),
                        request.reason()));
    }

    @DELETE
    @Path("/{id}")
    @Operation(
            summary = "Exclude a subject by the id in the address",
            description = "As POST /subjects/exclusions, which is to be preferred: proxies and traces keep addresses.")
    @APIResponse(
            responseCode = "202",
            description = "Begun; Location is its address",
            content = @Content(schema = @Schema(implementation = ExclusionView.class)))
    public Response delete(
            String id,
            @QueryParam("retrain") @DefaultValue("false") boolean retrain,
            @QueryParam("actor") @Nullable String actor,
            @QueryParam("reason") @Nullable String reason,
            @Context RoutingContext http) {
        return accepted(http, new ExclusionRequest(id, retrain, AccessGate.actor(http, actor), reason));
    }

    private Response accepted(RoutingContext http, ExclusionRequest request) {
        ExclusionView view = desk.exclude(request);
        AccessGate.about(http, "subjects/exclusions/" + view.id());
        return Response.accepted(view).location(URI.create(ADDRESS + view.id())).build();
    }

    @GET
    @Path("/exclusions")
    @Operation(summary = "Every exclusion with its record of before and after, newest first")
    public List<ExclusionView> list() {
        return desk.list();
    }

    @GET
    @Path("/exclusions/{id}")
    @Operation(
            summary = "An exclusion's record",
            description = "What was found before, what Kafka still holds and until when, and what was done.")
    public ExclusionView get(String id) {
        return desk.get(JobId.of(id));
    }
}
