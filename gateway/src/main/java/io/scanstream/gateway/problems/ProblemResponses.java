package io.scanstream.gateway.problems;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ApiProblem;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jboss.resteasy.reactive.server.SimpleResourceInfo;
import org.jspecify.annotations.Nullable;

/** Answers every exception that a request raises, ours and the framework's, with a problem. */
final class ProblemResponses {
    private static final Logger LOG = Logger.getLogger(ProblemResponses.class);
    private static final String CONNECTION = "Connection";

    @ServerExceptionMapper
    Response refused(ScanstreamException e, SimpleResourceInfo at) {
        ApiProblem problem = Problems.of(e);
        if (Problems.isOurs(e)) {
            LOG.errorf(e, "%s: defect", place(at));
        } else if (problem.status() >= 500) {
            LOG.warnf("%s: %s", place(at), e.getMessage());
        }
        return respond(problem, null);
    }

    @ServerExceptionMapper
    Response noSuchAddress(NotFoundException e, UriInfo uri) {
        return respond(
                Problems.ofStatus(404, "Nothing is at " + uri.getPath() + ". The API is at /q/swagger-ui."), null);
    }

    @ServerExceptionMapper
    Response notAllowed(NotAllowedException e) {
        String allowed = e.getResponse().getHeaderString(HttpHeaders.ALLOW);
        String detail = allowed == null ? null : "This address takes " + allowed + ".";
        return respond(Problems.ofStatus(405, detail), allowed);
    }

    /** What the framework refuses by itself: no handler for a media type, a form that is none, and the like. */
    @ServerExceptionMapper
    Response framework(WebApplicationException e, SimpleResourceInfo at) {
        int status = e.getResponse().getStatus();
        if (status < 400) {
            return e.getResponse();
        }
        if (status >= 500) {
            LOG.errorf(e, "%s: %d", place(at), status);
        }
        return respond(Problems.ofStatus(status, null), null);
    }

    /** Only the framework's reading of a body throws these as they are: ours are wrapped where they happen. */
    @ServerExceptionMapper
    Response brokeOff(IOException e, SimpleResourceInfo at) {
        LOG.debugf(e, "%s: body", place(at));
        return respond(
                Problems.ofStatus(400, "The body broke off, or is not of the form that its Content-Type says."), null);
    }

    /** The framework's parser has no exception of its own for a Content-Type or Accept that is none. */
    @ServerExceptionMapper
    Response mediaType(IllegalArgumentException e, SimpleResourceInfo at) {
        String message = e.getMessage() + "";
        return message.startsWith("Failed to parse media type")
                ? respond(Problems.ofStatus(415, message + "."), null)
                : defect(e, at);
    }

    @ServerExceptionMapper
    Response defect(Throwable e, SimpleResourceInfo at) {
        LOG.errorf(e, "%s: defect", place(at));
        return respond(Problems.defect(), null);
    }

    /** Where in our code a request was: its address is the client's text, which has no business in a log. */
    private static String place(@Nullable SimpleResourceInfo at) {
        return at == null || at.getResourceClass() == null
                ? "no resource"
                : at.getResourceClass().getSimpleName() + "." + at.getMethodName();
    }

    /** HTTP/2 has no such header: a client may take the answer for broken (RFC 9113, 8.2.2). */
    @ServerResponseFilter
    void overHttp2(ContainerResponseContext response, HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            response.getHeaders().remove(CONNECTION);
        }
    }

    private static Response respond(ApiProblem problem, @Nullable String allowed) {
        Response.ResponseBuilder response =
                Response.status(problem.status()).type(ApiProblem.MEDIA_TYPE).entity(Json.text(problem));
        if (allowed != null) {
            response.header(HttpHeaders.ALLOW, allowed);
        }
        if (problem.status() == 503) {
            response.header(HttpHeaders.RETRY_AFTER, Problems.RETRY_AFTER_SECONDS);
        }
        if (problem.status() == 413 || problem.status() == 415) {
            // The rest of the body is not read: this connection cannot carry another request.
            response.header(CONNECTION, "close");
        }
        return response.build();
    }
}
