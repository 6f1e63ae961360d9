package io.scanstream.inference.http;

import io.scanstream.inference.explanation.Explainer;
import io.scanstream.inference.explanation.Heatmap;
import io.scanstream.inference.model.ServingSet;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/models/{name}/heatmap}: an image, a map of what speaks for a class in it. Query parameters: {@code version} and
 * {@code alias} as for scores; {@code label} is the class, else the one that is decided for. By {@code Accept} it is a PNG, the
 * map over the scan, or JSON, the map's figures.
 */
@Path("/v1/models")
public final class HeatmapResource {
    /** On a picture: the version that made it. */
    static final String VERSION = "X-Scanstream-Version";

    /** On a picture: the class that it is about. */
    static final String LABEL = "X-Scanstream-Label";

    private static final String PNG = "image/png";

    private final ServingSet serving;
    private final Explainer explainer;
    private final HttpLimits limits;

    HeatmapResource(ServingSet serving, Explainer explainer, HttpLimits limits) {
        this.serving = serving;
        this.explainer = explainer;
        this.limits = limits;
    }

    /** The map over the scan, or its figures. */
    @POST
    @Path("/{name}/heatmap")
    @Consumes({"image/*", MediaType.APPLICATION_OCTET_STREAM})
    @Produces({PNG, MediaType.APPLICATION_JSON})
    public CompletionStage<Response> heatmap(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("label") @Nullable String label,
            @HeaderParam(Demand.DEADLINE) @Nullable String deadline,
            @Context HttpHeaders headers,
            @Context RoutingContext http) {
        boolean figures = wantsFigures(headers);
        return map(Asked.of(name, version, alias), label, deadline, http).thenApply(map -> (figures
                        ? Response.ok(HeatmapView.of(map), MediaType.APPLICATION_JSON_TYPE)
                        : Response.ok(map.png(), PNG))
                .header(VERSION, map.version().version())
                .header(LABEL, map.label())
                .build());
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

    private CompletableFuture<Heatmap> map(
            Asked asked, @Nullable String label, @Nullable String deadline, RoutingContext http) {
        return Call.serve(
                http,
                limits,
                limits.settings().imageBytes(),
                Demand.of(null, deadline),
                call -> call.with(serving, asked, model -> call.body()
                        .thenCompose(bytes -> call.unhurried(
                                wanted -> explainer.explain(model.model().acquire(), bytes, label, wanted)))));
    }
}
