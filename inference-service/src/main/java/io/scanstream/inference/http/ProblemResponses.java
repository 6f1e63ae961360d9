package io.scanstream.inference.http;

import io.scanstream.access.http.RefusalForm;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ApiProblem;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers every exception of a request, ours and the framework's: with an RFC 9457 problem, and under {@code /v2} as the Open
 * Inference Protocol has it, {@code {"error": …}}.
 */
public final class ProblemResponses {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemResponses.class);
    private static final String CONNECTION = "Connection";
    /** Where nobody knows how long it takes. */
    private static final int RETRY_AFTER_SECONDS = 1;

    private static final String OPEN_INFERENCE = "/v2";

    /** No status of the standard, since nobody reads it: the client has closed the connection. */
    private static final int CLIENT_GONE = 499;

    /** After these the rest of the body may not be read: the connection cannot carry another request. */
    private static final Set<Integer> CLOSING = Set.of(408, 413, 415, 503, 504);

    @ServerExceptionMapper
    public Response refused(ScanstreamException e, UriInfo uri) {
        return refused(e, uri.getPath());
    }

    static Response refused(ScanstreamException e, String path) {
        boolean inTensor = isOpenInference(path)
                && (e.code() == ErrorCode.NOT_AN_IMAGE || e.code() == ErrorCode.UNSUPPORTED_IMAGE);
        // There an image is a tensor's element: one that cannot be decoded is a mistake in the request.
        int status = inTensor ? 400 : status(e.code());
        if (status == 500) {
            LOG.error("A request ended in a defect.", e);
        }
        int retrySeconds = e instanceof Overloaded overloaded ? overloaded.retrySeconds() : RETRY_AFTER_SECONDS;
        return respond(path, status, e.code(), String.valueOf(e.getMessage()), null, retrySeconds);
    }

    /** What the framework refuses by itself: no such address, a method or a media type that it does not take. */
    @ServerExceptionMapper
    public Response framework(WebApplicationException e, UriInfo uri) {
        int status = e.getResponse().getStatus();
        if (status < 400) {
            return e.getResponse();
        }
        String allowed = e.getResponse().getHeaderString(HttpHeaders.ALLOW);
        String detail =
                switch (status) {
                    case 404 -> "Nothing is at " + uri.getPath() + ".";
                    case 405 -> "This address takes " + (allowed == null ? "another method" : allowed) + ".";
                    case 406 -> "The answer is application/json; the request accepts something else.";
                    case 415 ->
                        "Send the image's bytes with Content-Type image/* or application/octet-stream, or several images as "
                                + "files of a multipart/form-data, without Content-Encoding.";
                    default -> String.valueOf(e.getMessage());
                };
        return respond(uri.getPath(), status, status == 415 ? ErrorCode.UNSUPPORTED_IMAGE : null, detail, allowed);
    }

    /** The framework's parser has no exception of its own for a Content-Type or Accept that is none. */
    @ServerExceptionMapper
    public Response mediaType(IllegalArgumentException e, UriInfo uri) {
        if (!String.valueOf(e.getMessage()).startsWith("Failed to parse media type")) {
            return defect(e, uri);
        }
        return respond(
                uri.getPath(),
                415,
                ErrorCode.UNSUPPORTED_IMAGE,
                "Content-Type or Accept is no media type; image/png is one.",
                null);
    }

    @ServerExceptionMapper
    public Response defect(Exception e, UriInfo uri) {
        LOG.error("A request ended in a defect.", e);
        return respond(
                uri.getPath(), 500, ErrorCode.INTERNAL, "A defect of the service; its log has the details.", null);
    }

    private static int status(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST -> 400;
            case UNKNOWN_MODEL -> 404;
            case MODEL_WITHDRAWN -> 410;
            case MODEL_NOT_VERIFIED -> 409;
            case TOO_LARGE -> 413;
            case UNSUPPORTED_IMAGE -> 415;
            case NOT_AN_IMAGE -> 422;
            case CANCELLED -> CLIENT_GONE;
            case MODEL_LOADING, OVERLOADED, STORE_UNAVAILABLE, BROKER_UNAVAILABLE, CONFLICT -> 503;
            case DEADLINE_EXPIRED -> 504;
            default -> 500;
        };
    }

    /** HTTP/2 has no such header: a client may take the answer for broken (RFC 9113, 8.2.2). */
    @ServerResponseFilter
    public void overHttp2(ContainerResponseContext response, HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            response.getHeaders().remove(CONNECTION);
        }
    }

    private static Response respond(
            String path, int status, @Nullable ErrorCode code, String detail, @Nullable String allowed) {
        return respond(path, status, code, detail, allowed, RETRY_AFTER_SECONDS);
    }

    private static Response respond(
            String path,
            int status,
            @Nullable ErrorCode code,
            String detail,
            @Nullable String allowed,
            int retrySeconds) {
        Response.ResponseBuilder response =
                isOpenInference(path) ? error(status, detail) : problem(status, code, detail);
        if (allowed != null) {
            response.header(HttpHeaders.ALLOW, allowed);
        }
        if (status == 503) {
            response.header(HttpHeaders.RETRY_AFTER, retrySeconds);
        }
        if (CLOSING.contains(status)) {
            response.header(CONNECTION, "close");
        }
        return response.build();
    }

    private static Response.ResponseBuilder problem(int status, @Nullable ErrorCode code, String detail) {
        ApiProblem problem = new ApiProblem(
                code == null ? "about:blank" : "urn:scanstream:" + words(code, '-'),
                code == null ? "Request refused" : words(code, ' '),
                status,
                detail,
                code,
                null);
        return Response.status(status).type(ApiProblem.MEDIA_TYPE).entity(Json.text(problem));
    }

    private static Response.ResponseBuilder error(int status, String detail) {
        return Response.status(status).type(MediaType.APPLICATION_JSON).entity(Json.text(Map.of("error", detail)));
    }

    /** What is refused before it comes here, in the form of the address. */
    public static RefusalForm.Body refusal(String path, ApiProblem problem) {
        return isOpenInference(path)
                ? new RefusalForm.Body(MediaType.APPLICATION_JSON, Json.text(Map.of("error", problem.detail())))
                : new RefusalForm.Body(ApiProblem.MEDIA_TYPE, Json.text(problem));
    }

    private static boolean isOpenInference(String path) {
        return path.equals(OPEN_INFERENCE) || path.startsWith(OPEN_INFERENCE + "/");
    }

    private static String words(ErrorCode code, char between) {
        return code.name().toLowerCase(Locale.ROOT).replace('_', between);
    }
}
