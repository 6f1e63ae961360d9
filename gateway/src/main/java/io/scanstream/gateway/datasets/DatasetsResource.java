package io.scanstream.gateway.datasets;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.DatasetOverview;
import io.scanstream.contracts.api.DatasetVersions;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.api.Duplicate;
import io.scanstream.contracts.api.Page;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.gateway.jobs.JobEventStreams;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Parameters;
import io.scanstream.gateway.requests.Subject;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
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
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private static final int MOST_LABEL = 200;
    private static final Map<String, Split> SPLITS =
            Map.of("train", Split.TRAIN, "validation", Split.VALIDATION, "test", Split.TEST);

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
            description =
                    "A zip, tar.gz or tar as the raw body: class folders, a CSV file with images, images with masks,"
                            + " IDX or npz files; it is streamed to the store. Answers when it has arrived whole; a trainer then reads it, and the version is"
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
        return accepted(intake.accept(name, body, sizeBytes == null ? -1 : sizeBytes));
    }

    @POST
    @Path("/{name}/scans")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary = "Add one labelled scan: makes the next version",
            description =
                    "The image as the raw body. Without a split it goes where its group or subject is, else where a"
                            + " stable hash puts it. The subject comes as ?subject= or, out of sight of proxies, as the header"
                            + " X-Scanstream-Subject. A label that is no class yet needs newClass=true."
                            + " 409 while another version is being made.")
    @RequestBody(
            content = @Content(mediaType = "image/*", schema = @Schema(type = SchemaType.STRING, format = "binary")))
    @APIResponse(
            responseCode = "202",
            description = "Taken in; Location is the next version's address",
            content = @Content(schema = @Schema(implementation = DatasetView.class)))
    public Response addScan(
            String name,
            InputStream body,
            @HeaderParam("Content-Length") @Nullable Long sizeBytes,
            @QueryParam("label") @Nullable String label,
            @QueryParam("newClass") @DefaultValue("false") boolean newClass,
            @QueryParam("split") @Nullable String split,
            @QueryParam("subject") @Nullable String subjectInAddress,
            @HeaderParam(Subject.HEADER) @Nullable String subjectInHeader,
            @QueryParam("group") @Nullable String group) {
        List<Problem> problems = new ArrayList<>();
        if (label == null || label.isBlank() || label.length() > MOST_LABEL || label.contains("/")) {
            problems.add(new Problem(
                    "label",
                    "expected ?label=, the scan's class, without '/' and of at most " + MOST_LABEL + " letters."));
        }
        @Nullable Split named = split == null ? null : SPLITS.get(split);
        if (split != null && named == null) {
            problems.add(new Problem("split", "'" + Parameters.shown(split) + "' is not train, validation or test."));
        }
        if (label == null || !problems.isEmpty()) {
            throw new RequestRefused(problems);
        }
        Manifest newest = catalogue.newest(name);
        if (newest.task() == Task.SEGMENTATION) {
            throw new RequestRefused(List.of(new Problem(
                    "name", "the images of data set '" + name + "' have masks, no labels; upload a whole version.")));
        }
        if (!newClass && !newest.classes().contains(label.strip())) {
            throw new RequestRefused(List.of(new Problem(
                    "label",
                    "'" + Parameters.shown(label) + "' is none of the data set's classes " + newest.classes()
                            + ". If it is to become one, say newClass=true.")));
        }
        @Nullable String subject = Subject.of(subjectInHeader == null ? subjectInAddress : subjectInHeader);
        Amendment.ScanAdded added = new Amendment.ScanAdded(newest.dataset(), label.strip(), named, subject, group);
        return accepted(intake.add(added, body, sizeBytes == null ? -1 : sizeBytes));
    }

    @DELETE
    @Path("/{name}/scans/{sha256}")
    @Operation(
            summary = "Remove one scan: makes the next version, without it",
            description =
                    "By the SHA-256 of its bytes, as the manifest has it. Versions before still have it: delete those"
                            + " too, or exclude its subject where consent is withdrawn. 409 while another version is being made.")
    @APIResponse(
            responseCode = "202",
            description = "Taken in; Location is the next version's address",
            content = @Content(schema = @Schema(implementation = DatasetView.class)))
    public Response removeScan(String name, String sha256) {
        Manifest newest = catalogue.newest(name);
        if (newest.entries().stream().noneMatch(entry -> entry.sha256().equals(sha256))) {
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_SCAN,
                    "Data set " + newest.dataset() + " has no scan '" + Parameters.shown(sha256)
                            + "'. Its manifest lists the SHA-256 of each.");
        }
        return accepted(intake.remove(new Amendment.ScanRemoved(newest.dataset(), sha256)));
    }

    private Response accepted(DatasetVersion version) {
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
    @Path("/{name}/{version}/exploration")
    @Operation(summary = "A first look at a version: counts, balance, sizes, mean and standard deviation")
    public Exploration exploration(String name, String version) {
        return catalogue.exploration(parse(name, version));
    }

    @GET
    @Path("/{name}/{version}/exploration.html")
    @Produces(MediaType.TEXT_HTML)
    @Operation(
            summary = "The first look as a page with sample images",
            description = "It shows images of the data set: for those who may see them.")
    public Response explorationPage(String name, String version) {
        return Response.ok(catalogue.explorationPage(parse(name, version)), MediaType.TEXT_HTML + ";charset=UTF-8")
                .header("Cache-Control", "private, no-store")
                .build();
    }

    @GET
    @Path("/{name}/{version}/nearduplicates")
    @Operation(summary = "Images of a version that look like one of a later split")
    public Page<Manifest.NearDuplicate> nearDuplicates(
            String name,
            String version,
            @QueryParam("offset") @Nullable String offset,
            @QueryParam("limit") @Nullable String limit) {
        int from = Parameters.offset(offset);
        int most = Parameters.limit(limit);
        return Page.of(catalogue.manifest(parse(name, version)).nearDuplicates(), from, most);
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
