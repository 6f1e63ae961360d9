package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.http.FileScores.FileScore;
import io.scanstream.inference.model.RoutedModel;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import io.scanstream.inference.scoring.Scorer;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/models/{name}/score}: images, their scores. Query parameters: {@code version} is the version that must
 * score, else {@code alias} decides, else a rule of the model's traffic that the request's headers meet, else {@code
 * champion}; {@code urgent} overtakes what is not.
 */
@Path("/v1/models")
public final class ScoreResource {
    private final ServingSet serving;
    private final Scorer scorer;
    private final HttpLimits limits;

    ScoreResource(ServingSet serving, Scorer scorer, HttpLimits limits) {
        this.serving = serving;
        this.scorer = scorer;
        this.limits = limits;
    }

    /** Scores the one image that is the body. */
    @POST
    @Path("/{name}/score")
    @Consumes({"image/*", MediaType.APPLICATION_OCTET_STREAM})
    @Produces(MediaType.APPLICATION_JSON)
    public CompletionStage<Score> score(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("urgent") @Nullable String urgent,
            @HeaderParam(Demand.DEADLINE) @Nullable String deadline,
            @Context RoutingContext http) {
        Asked asked = Asked.of(name, version, alias);
        return Call.serve(
                http,
                limits,
                limits.settings().imageBytes(),
                Demand.of(urgent, deadline),
                call -> call.with(
                        serving, asked, model -> call.body().thenCompose(bytes -> scored(call, model, bytes))));
    }

    /** Scores each file of a form; a file that cannot be scored is an answer of its own. */
    @POST
    @Path("/{name}/score")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    @Produces(MediaType.APPLICATION_JSON)
    public CompletionStage<FileScores> scoreFiles(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("urgent") @Nullable String urgent,
            @HeaderParam(Demand.DEADLINE) @Nullable String deadline,
            @Context RoutingContext http) {
        Asked asked = Asked.of(name, version, alias);
        return Call.serve(
                http,
                limits,
                limits.settings().requestBytes(),
                Demand.of(urgent, deadline),
                call -> call.with(serving, asked, model -> scored(call, model)));
    }

    private CompletableFuture<FileScores> scored(Call call, RoutedModel model) {
        List<CompletableFuture<FileScore>> answers = new ArrayList<>();
        long mostBytes = limits.settings().imageBytes();
        return ImageForm.read(
                        call,
                        mostBytes,
                        (file, bytes) -> answers.add(
                                bytes == null
                                        ? CompletableFuture.completedFuture(tooLarge(call, file, mostBytes))
                                        : scored(call, model, bytes)
                                                .handle((score, failure) -> FileScore.of(file, score, failure))))
                .thenCompose(read -> CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)))
                .thenApply(all -> new FileScores(
                        answers.stream().map(CompletableFuture::join).toList()));
    }

    private CompletableFuture<Score> scored(Call call, RoutedModel model, byte[] bytes) {
        return call.scan(wanted -> scorer.score(
                        model.model().acquire(), bytes, call.demand().urgency(), wanted))
                .thenApply(score -> score.inArm(model.arm()));
    }

    private static FileScore tooLarge(Call call, String file, long mostBytes) {
        call.rejected(ErrorCode.TOO_LARGE);
        return FileScore.refused(
                file,
                new ScanstreamException(
                        ErrorCode.TOO_LARGE, "the image is above the limit of " + mostBytes + " bytes."));
    }
}
