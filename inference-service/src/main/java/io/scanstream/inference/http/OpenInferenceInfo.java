package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.inference.http.v2.ScanBatch;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.model.VersionStatus;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * What the Open Inference Protocol asks of a server beside inference: {@code GET /v2}, health, and a model's metadata. Ready
 * means the models; Quarkus' {@code /q/health/ready} also asks for Kafka, which an answer over HTTP does not need.
 */
@Path("/v2")
@Produces(MediaType.APPLICATION_JSON)
public final class OpenInferenceInfo {
    private static final String PLATFORM = "onnxruntime_onnx";

    private static final Set<VersionStatus.State> READY =
            Set.of(VersionStatus.State.LOADED, VersionStatus.State.ON_DEMAND);

    private final ServingSet serving;
    private final HttpLimits limits;
    private final String version;

    OpenInferenceInfo(
            ServingSet serving,
            HttpLimits limits,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.serving = serving;
        this.limits = limits;
        this.version = version;
    }

    /** The server's metadata. */
    public record Server(String name, String version, List<String> extensions) {}

    /** A model's metadata; what the protocol has no field for is under {@code properties}. */
    public record Model(
            String name,
            List<String> versions,
            String platform,
            List<Tensor> inputs,
            List<Tensor> outputs,
            Map<String, String> properties) {}

    /** A tensor's; -1 in the shape is any number. */
    public record Tensor(String name, String datatype, List<Long> shape) {}

    /** Whether a model can be scored with here. */
    public record ModelReady(String name, boolean ready) {}

    @GET
    public Server server() {
        return new Server("scanstream", version, List.of("binary_tensor_data"));
    }

    @GET
    @Path("/health/live")
    public Map<String, Boolean> live() {
        return Map.of("live", true);
    }

    @GET
    @Path("/health/ready")
    public Response ready() {
        boolean ready = serving.ready() && !limits.isEnding();
        return Response.status(ready ? 200 : 503)
                .entity(Map.of("live", true, "ready", ready))
                .build();
    }

    @GET
    @Path("/models/{name}/ready")
    public Response modelReady(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias) {
        return ready(Asked.oneOf(name, null, version, alias).ref());
    }

    /** Looks at what is here, and loads nothing: a version that is loaded on demand is ready to be. */
    @GET
    @Path("/models/{name}/versions/{version}/ready")
    public Response modelReady(
            @PathParam("name") String name,
            @PathParam("version") @Nullable String inPath,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias) {
        return ready(Asked.oneOf(name, inPath, version, alias).ref());
    }

    private Response ready(ModelRef ref) {
        String wanted = ref.version();
        List<VersionStatus> known = versions(ref.model()).stream()
                .filter(status -> wanted == null
                        ? status.aliases().contains(ref.alias()) || !READY.contains(status.state())
                        : status.model().version().equals(wanted))
                .toList();
        if (known.isEmpty()) {
            throw new ScanstreamException(ErrorCode.UNKNOWN_MODEL, "model " + ref + " is not here.");
        }
        boolean ready = known.stream().anyMatch(status -> READY.contains(status.state()));
        return Response.status(ready ? 200 : 503)
                .entity(new ModelReady(ref.model(), ready))
                .build();
    }

    @GET
    @Path("/models/{name}")
    public CompletionStage<Model> model(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @Context RoutingContext http) {
        return model(name, null, version, alias, http);
    }

    /** Loads the version if it is not here yet, as an inference would. */
    @GET
    @Path("/models/{name}/versions/{version}")
    public CompletionStage<Model> model(
            @PathParam("name") String name,
            @PathParam("version") @Nullable String inPath,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @Context RoutingContext http) {
        Asked asked = Asked.oneOf(name, inPath, version, alias);
        return Call.serve(
                http,
                limits,
                limits.settings().requestBytes(),
                Demand.AT_ONCE,
                call -> call.with(
                        serving, asked, routed -> CompletableFuture.completedFuture(metadata(routed.model()))));
    }

    private Model metadata(LoadedModel model) {
        List<Tensor> outputs = new ArrayList<>();
        model.outputShapes().forEach((name, shape) -> outputs.add(new Tensor(name, "FP32", boxed(shape))));
        String name = model.version().name();
        return new Model(
                name,
                versions(name).stream()
                        .filter(status -> READY.contains(status.state()))
                        .map(status -> status.model().version())
                        .toList(),
                PLATFORM,
                List.of(scan(model.input())),
                outputs,
                Map.of(
                        "version",
                        model.version().version(),
                        "classes",
                        String.join(",", model.classes()),
                        ScanBatch.IMAGE,
                        "in the place of " + OnnxMetadata.INPUT_SCAN
                                + ": encoded image files, datatype BYTES, shape [-1]"));
    }

    private static Tensor scan(Preprocessing input) {
        return new Tensor(
                OnnxMetadata.INPUT_SCAN, "UINT8", List.of(-1L, (long) input.heightPx(), (long) input.widthPx(), (long)
                        input.channels()));
    }

    private static List<Long> boxed(long[] shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    private List<VersionStatus> versions(String name) {
        return serving.status().stream()
                .filter(status -> status.model().name().equals(name))
                .toList();
    }
}
