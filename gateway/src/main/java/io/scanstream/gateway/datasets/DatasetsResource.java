package io.scanstream.gateway.datasets;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.DatasetOverview;
import io.scanstream.contracts.api.DatasetVersions;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.api.Duplicate;
import io.scanstream.contracts.api.Page;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.gateway.jobs.JobEventStreams;
import io.scanstream.gateway.requests.Parameters;
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
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Data sets and their versions. */
@Path("/api/v1/datasets")
@Tag(name = "datasets", description = "Labelled scans to train on")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class DatasetsResource {
    private final DatasetIntake intake;
    private final DatasetCatalogue catalogue;
    private final JobEventStreams streams;

    DatasetsResource(DatasetIntake intake, DatasetCatalogue catalogue, JobEventStreams streams) {
        this.intake = intake;
        this.catalogue = catalogue;
        this.streams = streams;
    }

    @POST
    @Path("/{name}")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Upload a new version",
            description = "A zip, tar.gz or tar whose folders are the classes, as the raw body; it is streamed to the"
                    + " store. Answers when it has arrived whole; a trainer then reads it, and the version is"
                    + " VALIDATING until that ends.")
    @RequestBody(
            content = {
                @Content(mediaType = "application/zip", schema = @Schema(type = SchemaType.STRING, format = "binary")),
                @Content(mediaType = "application/gzip", schema = @Schema(type = SchemaType.STRING, format = "binary")),
                @Content(mediaType = "application/x-tar", schema = @Schema(type = SchemaType.STRING, format = "binary"))
            })
    @APIResponse(
            responseCode = "202",
            description = "Taken in; Location is the version's address",
            content = @Content(schema = @Schema(implementation = DatasetView.class)))
    public Response upload(String name, InputStream body, @HeaderParam("Content-Length") @Nullable Long sizeBytes) {
        DatasetVersion version = intake.accept(name, body, sizeBytes == null ? -1 : sizeBytes);
        return Response.accepted(catalogue.view(version))
                .location(URI.create("/api/v1/datasets/" + version))
                .build();
    }

    @GET
    @Operation(summary = "Every data set with the numbers of its versions")
    public List<DatasetOverview> list() {
        return catalogue.names().stream()
                .map(name -> new DatasetOverview(
                        name,
                        catalogue.versions(name).stream()
                                .map(DatasetVersion::version)
                                .toList()))
                .toList();
    }

    @GET
    @Path("/{name}")
    @Operation(summary = "A data set's versions with their states")
    public DatasetVersions versions(String name) {
        return new DatasetVersions(
                name, catalogue.versions(name).stream().map(catalogue::view).toList());
    }

    @GET
    @Path("/{name}/{version}")
    @Operation(summary = "One version: its state, its counts by split and class, or why it failed")
    public DatasetView version(String name, String version) {
        return catalogue.view(parse(name, version));
    }

    @GET
    @Path("/{name}/{version}/manifest")
    @Operation(summary = "Every image of a version that is READY: path, SHA-256, label, split")
    public Manifest manifest(String name, String version) {
        return catalogue.manifest(parse(name, version));
    }

    @GET
    @Path("/{name}/{version}/rejected")
    @Operation(summary = "The files of a version that are no usable image, and why")
    public Page<Manifest.Rejected> rejected(
            String name,
            String version,
            @QueryParam("offset") @Nullable String offset,
            @QueryParam("limit") @Nullable String limit) {
        int from = Parameters.offset(offset);
        int most = Parameters.limit(limit);
        return Page.of(catalogue.manifest(parse(name, version)).rejected(), from, most);
    }

    @GET
    @Path("/{name}/{version}/duplicates")
    @Operation(summary = "The images of a version that are left out because another has the same bytes")
    public Page<Duplicate> duplicates(
            String name,
            String version,
            @QueryParam("offset") @Nullable String offset,
            @QueryParam("limit") @Nullable String limit) {
        int from = Parameters.offset(offset);
        int most = Parameters.limit(limit);
        List<Duplicate> duplicates = new ArrayList<>();
        for (Manifest.Entry entry : catalogue.manifest(parse(name, version)).entries()) {
            if (entry.duplicateOf() != null) {
                duplicates.add(new Duplicate(entry.path(), entry.duplicateOf()));
            }
        }
        return Page.of(duplicates, from, most);
    }

    @GET
    @Path("/{name}/{version}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(summary = "The events of the version's ingest job, as of GET /api/v1/jobs/{id}/events")
    public Multi<OutboundSseEvent> events(
            String name, String version, @HeaderParam("Last-Event-ID") @Nullable String lastEventId, @Context Sse sse) {
        return streams.stream(catalogue.ingestJob(parse(name, version)), lastEventId, sse);
    }

    @DELETE
    @Path("/{name}/{version}")
    @Operation(
            summary = "Delete a version",
            description = "Its number is not used again. 409 while a training that has not ended uses it.")
    @APIResponse(responseCode = "204", description = "Deleted")
    public void delete(String name, String version) {
        catalogue.delete(parse(name, version));
    }

    private static DatasetVersion parse(String name, String version) {
        if (!version.matches("[1-9]\\d{0,8}")) {
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_DATASET,
                    "'" + Parameters.shown(version) + "' is not the number of a version: they count from 1.");
        }
        return new DatasetVersion(name, Integer.parseInt(version));
    }
}
