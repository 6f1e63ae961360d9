package io.scanstream.access.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;

/**
 * What a client still sends after its answer, over HTTP/2. There all requests of a client share one connection and its window
 * of 64 KiB: bytes that nobody reads are never given back to it, and after one answer that came before its body was read, every
 * further request of this client waits for ever. So they are read and dropped; a client that goes on after {@link #LINGER}
 * is told to stop (RST_STREAM with NO_ERROR, RFC 9113, 8.1). Over HTTP/1.1 the one that answers says whether the connection goes on.
 */
@ApplicationScoped
final class UnreadBodies {
    /** Before all that may answer: {@link AccessGate} too. */
    private static final int PRIORITY = 200;

    /** After an answer its client has this long to end its request; what ends the connection or stream could overtake it. */
    static final Duration LINGER = Duration.ofSeconds(2);

    private static final long NO_ERROR = 0;

    void install(@Observes Filters filters) {
        filters.register(UnreadBodies::watch, PRIORITY);
    }

    private static void watch(RoutingContext http) {
        if (http.request().version() == HttpVersion.HTTP_2) {
            http.addEndHandler(answered -> {
                if (answered.succeeded() && !http.request().isEnded()) {
                    drop(http);
                }
            });
        }
        http.next();
    }

    private static void drop(RoutingContext http) {
        HttpServerRequest request = http.request();
        request.handler(bytes -> {});
        request.resume();
        http.vertx().setTimer(LINGER.toMillis(), timer -> {
            if (!request.isEnded()) {
                http.response().reset(NO_ERROR);
            }
        });
    }
}
