package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.http.v2.InferAnswer;
import io.scanstream.inference.http.v2.InferRequest;
import io.scanstream.inference.http.v2.RequestReader;
import io.scanstream.inference.http.v2.ScanBatch;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.RoutedModel;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.Urgency;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v2/models/{name}[/versions/{version}]/infer} of the Open Inference Protocol, with Triton's binary tensor data
 * extension. The batch of a request goes scan by scan to the micro-batcher, which makes runs of it as of any others.
 */
@Path("/v2")
@Produces({MediaType.APPLICATION_JSON, MediaType.APPLICATION_OCTET_STREAM})
public final class OpenInferenceResource {
    private static final String JSON_BYTES = "Inference-Header-Content-Length";

    private final ServingSet serving;
    private final Scorer scorer;
    private final HttpLimits limits;

    OpenInferenceResource(ServingSet serving, Scorer scorer, HttpLimits limits) {
        this.serving = serving;
        this.scorer = scorer;
        this.limits = limits;
    }

    /**
     * Runs the version that is named by {@code version} or by {@code alias}, else that of a rule of the model's traffic that
     * the request's headers meet, else the champion.
     */
    @POST
    @Path("/models/{name}/infer")
    public CompletionStage<Response> infer(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("urgent") @Nullable String urgent,
            @HeaderParam(Demand.DEADLINE) @Nullable String deadline,
            @HeaderParam(JSON_BYTES) @Nullable String jsonBytes,
            @Context RoutingContext http) {
        return infer(Asked.oneOf(name, null, version, alias), urgent, deadline, jsonBytes, http);
    }

    /** Runs a version. */
    @POST
    @Path("/models/{name}/versions/{version}/infer")
    public CompletionStage<Response> infer(
            @PathParam("name") String name,
            @PathParam("version") @Nullable String inPath,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @QueryParam("urgent") @Nullable String urgent,
            @HeaderParam(Demand.DEADLINE) @Nullable String deadline,
            @HeaderParam(JSON_BYTES) @Nullable String jsonBytes,
            @Context RoutingContext http) {
        return infer(Asked.oneOf(name, inPath, version, alias), urgent, deadline, jsonBytes, http);
    }

    private CompletionStage<Response> infer(
            Asked asked,
            @Nullable String urgent,
            @Nullable String deadline,
            @Nullable String jsonBytes,
            RoutingContext http) {
        return Call.serve(
                http,
                limits,
                limits.settings().requestBytes(),
                Demand.of(urgent, deadline),
                call -> call.with(serving, asked, model -> call.body()
                        .thenCompose(body -> inferred(call, model, body, jsonBytes))));
    }

    private CompletableFuture<Response> inferred(
            Call call, RoutedModel model, byte[] body, @Nullable String jsonBytes) {
        return aside(call, () -> Work.of(call, model, body, jsonBytes, limits.settings()))
                .thenCompose(work -> run(call, model.model(), work)
                        .thenCompose(scans ->
                                aside(call, () -> response(work.answer().write(scans)))));
    }

    /**
     * What a request asks for, read.
     *
     * @param scans as the model takes them, or encoded
     */
    private record Work(List<byte[]> scans, boolean encoded, InferAnswer answer) {
        static Work of(Call call, RoutedModel routed, byte[] body, @Nullable String header, HttpSettings settings) {
            LoadedModel model = routed.model();
            int jsonBytes = jsonBytes(body, header);
            InferRequest request = jsonBytes == 0 && header != null
                    ? InferRequest.raw(model.input(), body.length)
                    : RequestReader.read(body, jsonBytes);
            InferAnswer answer = InferAnswer.to(request, model.version(), routed.arm(), model.outputShapes());
            ScanBatch batch = ScanBatch.of(request, model.input(), jsonBytes, body.length, settings.requestImages());
            call.admission().takeImages(batch.count() - 1);
            call.admission().take(batch.bytes() + answer.bytes(batch.count()));
            return new Work(batch.read(body, settings.imageBytes()), batch.encoded(), answer);
        }

        private static int jsonBytes(byte[] body, @Nullable String header) {
            if (header == null) {
                return body.length;
            }
            String text = header.strip();
            int bytes = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
            if (bytes < 0 || bytes > body.length) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        JSON_BYTES + ": expected was a number from 0 to the body's " + body.length + " bytes.");
            }
            return bytes;
        }
    }

    private CompletableFuture<List<Map<String, float[]>>> run(Call call, LoadedModel model, Work work) {
        List<CompletableFuture<Map<String, float[]>>> answers = new ArrayList<>();
        Set<String> names = work.answer().names();
        Urgency urgency = call.demand().urgency();
        for (byte[] scan : work.scans()) {
            String place = "input " + ScanBatch.IMAGE + "[" + answers.size() + "]: ";
            answers.add(
                    work.encoded()
                            ? call.scan(wanted -> scorer.inferImage(model.acquire(), scan, names, urgency, wanted))
                                    .exceptionallyCompose(failure -> CompletableFuture.failedFuture(at(place, failure)))
                            : call.scan(wanted -> scorer.infer(model.acquire(), scan, names, urgency, wanted)));
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(all -> answers.stream().map(CompletableFuture::join).toList());
    }

    /** Says which image of the request it was. */
    private static Throwable at(String place, Throwable failure) {
        Throwable cause = ServingSet.cause(failure);
        return cause instanceof ScanstreamException known
                ? new ScanstreamException(known.code(), place + known.getMessage(), known)
                : cause;
    }

    private static Response response(InferAnswer.Body body) {
        if (body.jsonBytes() == null) {
            return Response.ok(body.bytes(), MediaType.APPLICATION_JSON).build();
        }
        return Response.ok(body.bytes(), MediaType.APPLICATION_OCTET_STREAM)
                .header(JSON_BYTES, body.jsonBytes())
                .build();
    }

    /** Tensors are too large to be read or written on an event loop. */
    private static <T> CompletableFuture<T> aside(Call call, Callable<T> task) {
        return call.http()
                .vertx()
                .executeBlocking(task, false)
                .toCompletionStage()
                .toCompletableFuture();
    }
}
