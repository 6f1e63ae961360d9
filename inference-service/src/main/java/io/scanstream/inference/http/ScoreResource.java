package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.Urgency;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/models/{name}/score}: one image, its score. */
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

    /**
     * Scores an image.
     *
     * @param version the version that must score; else the alias decides
     * @param alias {@code champion} if not given
     * @param announcedBytes of the image; -1 if the client does not say
     * @param image the encoded bytes, read up to the limit
     */
    @POST
    @Path("/{name}/score")
    @Consumes({"image/*", MediaType.APPLICATION_OCTET_STREAM})
    @Produces(MediaType.APPLICATION_JSON)
    public Score score(
            @PathParam("name") String name,
            @QueryParam("version") @Nullable String version,
            @QueryParam("alias") @Nullable String alias,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @DefaultValue("-1") long announcedBytes,
            InputStream image)
            throws IOException {
        ModelRef ref = ModelRef.of(name, version, alias);
        try (HttpLimits.Admission admitted = limits.admit(announcedBytes)) {
            byte[] bytes = admitted.read(image);
            return scorer.score(acquire(ref), bytes, Urgency.ROUTINE).join();
        } catch (CompletionException e) {
            throw unwrapped(e);
        }
    }

    /** Waits a little for a version that is being loaded: it may be a matter of moments. */
    private LoadedModel acquire(ModelRef ref) {
        try {
            return serving.acquire(ref, Instant.now().plus(limits.patience())).join();
        } catch (CompletionException e) {
            if (ServingSet.cause(e) instanceof ScanstreamException late && late.code() == ErrorCode.DEADLINE_EXPIRED) {
                throw new ScanstreamException(
                        ErrorCode.MODEL_LOADING, "model " + ref + " is being loaded. Try again in a few seconds.", e);
            }
            throw unwrapped(e);
        }
    }

    private static RuntimeException unwrapped(CompletionException e) {
        return ServingSet.cause(e) instanceof ScanstreamException known ? known : e;
    }
}
