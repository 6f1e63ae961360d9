package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ApiProblem;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers every exception of a request, ours and the framework's, with an RFC 9457 problem. */
public final class ProblemResponses {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemResponses.class);
    private static final String CONNECTION = "Connection";
    private static final int RETRY_AFTER_SECONDS = 1;

    @ServerExceptionMapper
    public Response refused(ScanstreamException e) {
        int status = status(e.code());
        if (status == 500) {
            LOG.error("A request ended in a defect.", e);
        }
        return respond(status, e.code(), String.valueOf(e.getMessage()));
    }

    /** What the framework refuses by itself: no such address, a media type that is no image's. */
    @ServerExceptionMapper
    public Response framework(WebApplicationException e) {
        int status = e.getResponse().getStatus();
        if (status < 400) {
            return e.getResponse();
        }
        return status == 415
                ? respond(
                        status,
                        ErrorCode.UNSUPPORTED_IMAGE,
                        "Send the image's bytes with Content-Type image/* or application/octet-stream.")
                : respond(status, null, String.valueOf(e.getMessage()));
    }

    @ServerExceptionMapper
    public Response defect(Exception e) {
        LOG.error("A request ended in a defect.", e);
        return respond(500, ErrorCode.INTERNAL, "A defect of the service; its log has the details.");
    }

    private static int status(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST -> 400;
            case UNKNOWN_MODEL -> 404;
            case MODEL_NOT_VERIFIED -> 409;
            case TOO_LARGE -> 413;
            case UNSUPPORTED_IMAGE -> 415;
            case NOT_AN_IMAGE -> 422;
            case MODEL_LOADING, OVERLOADED, STORE_UNAVAILABLE, BROKER_UNAVAILABLE, CONFLICT -> 503;
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

    private static Response respond(int status, @Nullable ErrorCode code, String detail) {
        ApiProblem problem = new ApiProblem(
                code == null ? "about:blank" : "urn:scanstream:" + words(code, '-'),
                code == null ? "Request refused" : words(code, ' '),
                status,
                detail,
                code,
                null);
        Response.ResponseBuilder response =
                Response.status(status).type(ApiProblem.MEDIA_TYPE).entity(Json.text(problem));
        if (status == 503) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        if (status == 413 || status == 415 || status == 503) {
            // The rest of the body is not read: this connection cannot carry another request.
            response.header(CONNECTION, "close");
        }
        return response.build();
    }

    private static String words(ErrorCode code, char between) {
        return code.name().toLowerCase(Locale.ROOT).replace('_', between);
    }
}
