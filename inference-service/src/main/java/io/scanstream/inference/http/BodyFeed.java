package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The body of a request, handed on as it comes, without a thread that waits for it. It ends at the request's limit, however
 * much the client said or sends, and where the client falls silent.
 */
final class BodyFeed {
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final HttpLimits.Admission admission;
    private final Consumer<Buffer> sink;
    private boolean heard;

    private BodyFeed(HttpLimits.Admission admission, Consumer<Buffer> sink) {
        this.admission = admission;
        this.sink = sink;
    }

    /**
     * Lets the body flow; on the request's event loop, once.
     *
     * @param sink on the event loop too; what it throws ends the feed
     * @return when it is read; or fails with {@code TOO_LARGE}, {@code OVERLOADED}, {@code INVALID_REQUEST} where the body
     *     breaks off, status 408 after a silence, or with what the sink threw. Who completes it ends the feed.
     */
    static CompletableFuture<Void> flow(
            RoutingContext http, HttpLimits.Admission admission, Duration silence, Consumer<Buffer> sink) {
        BodyFeed feed = new BodyFeed(admission, sink);
        HttpServerRequest request = http.request();
        request.handler(feed::take);
        request.endHandler(nothing -> feed.end.complete(null));
        request.exceptionHandler(failure -> feed.end.completeExceptionally(new ScanstreamException(
                ErrorCode.INVALID_REQUEST, "the body broke off or is malformed: " + failure.getMessage(), failure)));
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            http.response().writeContinue();
        }
        request.resume();
        if (!feed.end.isDone()) {
            feed.watch(http, silence);
        }
        return feed.end;
    }

    private void take(Buffer bytes) {
        if (end.isDone()) {
            return;
        }
        heard = true;
        try {
            admission.receive(bytes.length());
            sink.accept(bytes);
        } catch (RuntimeException e) {
            end.completeExceptionally(e);
        }
    }

    private void watch(RoutingContext http, Duration silence) {
        long timer = http.vertx().setPeriodic(silence.toMillis(), id -> {
            if (!heard) {
                end.completeExceptionally(new ClientErrorException(
                        "nothing of the body came for " + silence.toMillis() + " ms.",
                        Response.Status.REQUEST_TIMEOUT));
            }
            heard = false;
        });
        var unused = end.whenComplete((nothing, failure) -> http.vertx().cancelTimer(timer));
    }
}
