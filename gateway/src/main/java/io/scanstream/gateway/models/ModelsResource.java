package io.scanstream.gateway.models;

import io.scanstream.access.http.AccessGate;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasChange;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.api.ModelOverview;
import io.scanstream.contracts.api.ShadowComparison;
import io.scanstream.contracts.api.TrafficChange;
import io.scanstream.contracts.api.TrafficRequest;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.gateway.requests.RequestBody;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Published models, their aliases, and who answers which scans. */
@Path("/api/v1/models")
@Tag(name = "models", description = "Published models, their versions and aliases")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class ModelsResource {
    private static final long LARGEST_REQUEST_BYTES = 64 << 10;

    private final ModelRegistry registry;
    private final Promotions promotions;
    private final TrafficDesk traffic;
    private final ShadowAgreement shadows;
    private final Models models;

    ModelsResource(
            ModelRegistry registry,
            Promotions promotions,
            TrafficDesk traffic,
            ShadowAgreement shadows,
            Models models) {
        this.registry = registry;
        this.promotions = promotions;
        this.traffic = traffic;
        this.shadows = shadows;
        this.models = models;
    }

    @GET
    @Operation(summary = "Every model with its versions, their test figures, and its aliases")
    public List<ModelOverview> list() {
        return registry.all();
    }

    @GET
    @Path("/{name}")
    @Operation(summary = "A model with its versions, their test figures, and its aliases")
    public ModelOverview get(String name) {
        return registry.require(name);
    }

    @GET
    @Path("/{name}/{version}")
    @Operation(summary = "A version's card: classes, threshold, metrics, data, recipe, intended use")
    public ModelCard card(String name, String version) {
        ModelVersion model = registry.requireVersion(name, version);
        return models.card(model).orElseThrow(() -> missing(model, ModelPackage.CARD));
    }

    @GET
    @Path("/{name}/{version}/report")
    @Produces(MediaType.TEXT_HTML)
    @Operation(summary = "A version's report, a page for people")
    public Response report(String name, String version) {
        ModelVersion model = registry.requireVersion(name, version);
        byte[] html = models.file(model, ModelPackage.REPORT).orElseThrow(() -> missing(model, ModelPackage.REPORT));
        // It came out of a package: nothing in it may run with the API's rights.
        return Response.ok(html, "text/html;charset=UTF-8")
                .header(
                        "Content-Security-Policy",
                        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
                .build();
    }

    @POST
    @Path("/{name}/{version}/promote")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Let an alias mean this version",
            description =
                    "The alias is champion unless another is named. If it means the version already, nothing changes."
                            + " A version that the gate has refused becomes the champion only with override and a reason.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = AliasRequest.class)))
    public AliasChange promote(
            String name,
            String version,
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @Context RoutingContext http) {
        return changed(http, promotions.promote(name, version, request(body, sizeBytes, http)));
    }

    @POST
    @Path("/{name}/rollback")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Let an alias mean what it meant before",
            description =
                    "The version that it meant before its present one was promoted; rolled back once more, the one before"
                            + " that. Versions that are withdrawn, that were rolled back from, or that were trained on scans of"
                            + " a subject who was excluded since are passed over; 409 where none is left.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = AliasRequest.class)))
    public AliasChange rollback(
            String name,
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @Context RoutingContext http) {
        return changed(http, promotions.rollback(name, request(body, sizeBytes, http)));
    }

    @POST
    @Path("/{name}/{version}/withdraw")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Withdraw this version: it must not be used any more",
            description =
                    "For good, and with a reason. Aliases that mean it mean what they meant before it, or nothing;"
                            + " scans that name it are rejected. Answers the champion's newest entry.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = AliasRequest.class)))
    public AliasChange withdraw(
            String name,
            String version,
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @Context RoutingContext http) {
        AliasChange change = promotions.withdraw(name, version, request(body, sizeBytes, http));
        AccessGate.about(http, "models/" + name + "/" + version);
        return change;
    }

    /** The audit log names the alias too, which the address does not. */
    private static AliasChange changed(RoutingContext http, AliasChange change) {
        AccessGate.about(
                http, "models/" + change.model() + "/" + change.state().version() + " alias " + change.alias());
        return change;
    }

    @GET
    @Path("/{name}/history")
    @Operation(
            summary = "Every decision on an alias, newest first (alias: champion unless another is named)",
            description =
                    "Promotions, refusals by the gate, roll backs and withdrawals, with actor, time and each rule of"
                            + " the gate: its figure, its bound, and whether it holds.")
    public List<AliasChange> history(String name, @QueryParam("alias") @Nullable String alias) {
        return promotions.history(name, alias);
    }

    @GET
    @Path("/{name}/shadow")
    @Operation(
            summary = "How the versions that shadow the model agree with those that answer",
            description =
                    "For each pair of versions: the scans that both scored, agreement, Cohen's kappa and the mean"
                            + " difference of their probabilities. Counted by the replica that answers, over the newest scores.")
    public List<ShadowComparison> shadow(String name) {
        registry.require(name);
        return shadows.of(name);
    }

    @GET
    @Path("/{name}/traffic")
    @Operation(summary = "How the model's scans are split among its aliases, and who shadows them")
    public TrafficChange traffic(String name) {
        return traffic.get(name);
    }

    @PUT
    @Path("/{name}/traffic")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Split the model's scans among its aliases, and let others shadow them",
            description =
                    "Rules send scans that name neither a version nor an alias to an alias for the value of a header;"
                            + " arms share the others, by a stable hash of the scan's id."
                            + " A shadow scores every scan too, after it was answered, to the topic scores.shadow.")
    @org.eclipse.microprofile.openapi.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = TrafficRequest.class)))
    public TrafficChange split(
            String name,
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @Context RoutingContext http) {
        TrafficRequest request = body(body, sizeBytes).json(TrafficRequest.class);
        return traffic.put(
                name,
                new TrafficRequest(
                        request.arms(),
                        request.rules(),
                        request.shadow(),
                        AccessGate.actor(http, request.actor()),
                        request.reason()));
    }

    @DELETE
    @Path("/{name}/traffic")
    @Operation(summary = "Let the champion answer all scans again, unshadowed")
    public TrafficChange endSplit(
            String name,
            @QueryParam("actor") @Nullable String actor,
            @QueryParam("reason") @Nullable String reason,
            @Context RoutingContext http) {
        return traffic.end(name, AccessGate.actor(http, actor), reason);
    }

    private static RequestBody body(InputStream body, @Nullable Long sizeBytes) {
        return new RequestBody(body, sizeBytes == null ? -1 : sizeBytes, LARGEST_REQUEST_BYTES, "request");
    }

    private static AliasRequest request(InputStream body, @Nullable Long sizeBytes, RoutingContext http) {
        AliasRequest request = body(body, sizeBytes).json(AliasRequest.class);
        return new AliasRequest(
                request.alias(), AccessGate.actor(http, request.actor()), request.reason(), request.override());
    }

    private static ScanstreamException missing(ModelVersion model, String file) {
        return new ScanstreamException(ErrorCode.UNKNOWN_MODEL, "Model " + model + " has no " + file + ".");
    }
}
