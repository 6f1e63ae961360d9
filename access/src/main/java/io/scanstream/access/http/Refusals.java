package io.scanstream.access.http;

import io.scanstream.access.Role;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.api.ApiProblem;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Answers for requests that do not pass. They say what is missing, and nothing of what is behind. */
final class Refusals {
    /** So much of a body is read and dropped, so that the connection can be used again. */
    private static final int DROPPED_BYTES = 64 << 10;

    private static final int ISSUER_RETRY_SECONDS = 5;

    /** Of what the status alone says. */
    private static final Map<Integer, String> TITLES =
            Map.of(404, "Not found", 405, "Method not allowed", 503, "Service unavailable");

    private final RefusalForm form;
    private final String challenge;

    /**
     * Answers.
     *
     * @param tokens whether bearer tokens would be taken
     */
    Refusals(RefusalForm form, boolean tokens) {
        this.form = form;
        this.challenge =
                ApiKeyMechanism.SCHEME + " realm=\"scanstream\"" + (tokens ? ", Bearer realm=\"scanstream\"" : "");
    }

    /** 400. */
    void noPath(RoutingContext http) {
        send(http, 400, ErrorCode.INVALID_REQUEST, "What is asked for is no path: it does not begin with a slash.");
    }

    /** 401. */
    void unknown(RoutingContext http) {
        http.response().putHeader("WWW-Authenticate", challenge);
        send(
                http,
                401,
                ErrorCode.UNAUTHENTICATED,
                "Who asks is not known: there is no API key and no token, or it is not valid here, or not any more.");
    }

    /** 403. */
    void notAllowed(RoutingContext http, Set<Role> roles) {
        String names = roles.stream().sorted().map(Role::text).collect(Collectors.joining(", "));
        send(http, 403, ErrorCode.FORBIDDEN, "This is for the roles " + names + ".");
    }

    /** 404, or 405 where another method has a rule. */
    void nowhere(RoutingContext http, Set<String> methods) {
        if (methods.isEmpty()) {
            send(http, 404, null, "Nothing is at this address.");
        } else {
            String allowed = String.join(", ", methods);
            http.response().putHeader("Allow", allowed);
            send(http, 405, null, "This address takes " + allowed + ".");
        }
    }

    /** 429. */
    void tooOften(RoutingContext http, Duration wait) {
        long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
        http.response().putHeader("Retry-After", Long.toString(seconds));
        send(
                http,
                429,
                ErrorCode.RATE_LIMITED,
                "More requests than this caller may send. Try again in " + seconds + " s.");
    }

    /** 503. */
    void issuerAway(RoutingContext http) {
        http.response().putHeader("Retry-After", Integer.toString(ISSUER_RETRY_SECONDS));
        send(http, 503, null, "The issuer of tokens does not answer. Try again in a few seconds.");
    }

    private void send(RoutingContext http, int status, @Nullable ErrorCode code, String detail) {
        HttpServerRequest request = http.request();
        HttpServerResponse response = http.response();
        if (response.ended() || response.closed()) {
            return;
        }
        boolean closes = hasLargeBody(request) && request.version() != HttpVersion.HTTP_2;
        if (closes) {
            response.putHeader("Connection", "close");
        }
        // Without anybody who reads it, the body is dropped as it comes.
        request.resume();
        RefusalForm.Body body = form.of(path(http), problem(status, code, detail));
        response.setStatusCode(status).putHeader("Content-Type", body.mediaType());
        var unused = response.end(body.text()).onComplete(sent -> {
            if (closes) {
                // Not at once: a client that still sends would lose the answer.
                http.vertx().setTimer(UnreadBodies.LINGER.toMillis(), timer -> request.connection()
                        .close());
            }
        });
    }

    /** The request's path; a request line without one is about all of us. */
    static String path(RoutingContext http) {
        return Objects.requireNonNullElse(http.request().path(), "/");
    }

    private static boolean hasLargeBody(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        return length == null
                ? request.getHeader("Transfer-Encoding") != null
                : !length.matches("\\d{1,6}") || Integer.parseInt(length) > DROPPED_BYTES;
    }

    private static ApiProblem problem(int status, @Nullable ErrorCode code, String detail) {
        if (code == null) {
            return new ApiProblem("about:blank", TITLES.getOrDefault(status, "Refused"), status, detail, null, null);
        }
        String words = code.name().toLowerCase(Locale.ROOT);
        return new ApiProblem(
                "urn:scanstream:" + words.replace('_', '-'),
                Character.toUpperCase(words.charAt(0)) + words.substring(1).replace('_', ' '),
                status,
                detail,
                code,
                null);
    }
}
