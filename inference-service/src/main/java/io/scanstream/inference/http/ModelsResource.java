package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.model.VersionStatus;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/models}: which versions this instance holds, and which it refused and why. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public final class ModelsResource {
    private final ServingSet serving;

    ModelsResource(ServingSet serving) {
        this.serving = serving;
    }

    /** A model and its versions here. */
    public record Model(String name, List<Version> versions) {}

    /**
     * One version.
     *
     * @param aliases those that it serves here
     * @param code why it was refused; absent otherwise
     */
    public record Version(
            String version,
            VersionStatus.State state,
            List<String> aliases,
            @Nullable ErrorCode code,
            @Nullable String reason) {}

    @GET
    public List<Model> all() {
        Map<String, List<Version>> byName = serving.status().stream()
                .collect(Collectors.groupingBy(
                        status -> status.model().name(),
                        TreeMap::new,
                        Collectors.mapping(ModelsResource::version, Collectors.toList())));
        return byName.entrySet().stream()
                .map(entry -> new Model(entry.getKey(), entry.getValue()))
                .toList();
    }

    @GET
    @Path("/{name}")
    public Model one(@PathParam("name") String name) {
        return all().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.UNKNOWN_MODEL, "no version of model " + name + " was asked for here."));
    }

    private static Version version(VersionStatus status) {
        return new Version(status.model().version(), status.state(), status.aliases(), status.code(), status.reason());
    }
}
