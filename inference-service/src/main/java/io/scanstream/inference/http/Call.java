package io.scanstream.inference.http;

import io.scanstream.access.http.AccessGate;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.model.RoutedModel;
import io.scanstream.inference.model.ServingSet;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One request while it is served. It holds the request's room, and gives up whatever is under way for it when its deadline
 * passes or its client goes. Nothing here blocks a thread.
 */
final class Call {
    private final RoutingContext http;
    private final HttpLimits limits;
    private final HttpLimits.Admission admission;
    private final long announcedBytes;
    private final Demand demand;
    private final @Nullable Instant deadline;
    private final Context loop;
    /** What waits for the client or the clock and must end with the call; by number. */
    private final Map<Integer, CompletableFuture<?>> pending = new HashMap<>();

    private int pieces;
    /** The call itself and each scan that the scorer has: while one is left, the call's bytes are held. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private volatile @Nullable Throwable over;
    /** What scores this call, once that is known. */
    private volatile @Nullable ModelVersion version;
    /** Whether an image of this call was counted as rejected. */
    private volatile boolean isRejected;

    private Call(RoutingContext http, HttpLimits limits, long mostBytes, Demand demand) {
        String encoding = http.request().getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ClientErrorException(
                    "Content-Encoding: " + encoding + " is not taken; send the body as it is.",
                    Response.Status.UNSUPPORTED_MEDIA_TYPE);
        }
        this.http = http;
        this.loop = http.vertx().getOrCreateContext();
        this.limits = limits;
        this.announcedBytes = announced(http);
        this.demand = demand;
        this.deadline = demand.within() == null ? null : Instant.now().plus(demand.within());
        this.admission = limits.admit(announcedBytes, mostBytes, demand.urgent());
    }

    private static long announced(RoutingContext http) {
        String length = http.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null) {
            return -1;
        }
        if (!length.matches("\\d{1,18}")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "Content-Length: '" + length + "' is no number of bytes.");
        }
        return Long.parseLong(length);
    }

    /**
     * Serves a request that finds room; on its event loop. Returns at once.
     *
     * @param mostBytes of its body
     * @param work what is to be done; its stages may run on any thread
     * @return what came of the work; or fails with {@code DEADLINE_EXPIRED}, with {@code CANCELLED} for a client that has gone
     * @throws ScanstreamException {@code OVERLOADED} or {@code TOO_LARGE}, before anything of the body is read
     */
    static <T> CompletableFuture<T> serve(
            RoutingContext http,
            HttpLimits limits,
            long mostBytes,
            Demand demand,
            Function<Call, CompletableFuture<T>> work) {
        Call call;
        try {
            call = new Call(http, limits, mostBytes, demand);
        } catch (ScanstreamException e) {
            limits.rejected(e.code(), null);
            throw e;
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        var ended = result.whenComplete((value, failure) -> {
            if (failure instanceof ScanstreamException known && !call.isRejected) {
                limits.rejected(known.code(), call.version);
            }
            call.end(failure == null ? gone() : failure);
        });
        http.addEndHandler(sent -> {
            if (result.completeExceptionally(gone())) {
                limits.abandoned();
            }
        });
        if (demand.within() != null) {
            call.expire(result, demand.within());
        }
        try {
            var unused = work.apply(call).whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(ServingSet.cause(failure));
                }
            });
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
        return ended;
    }

    private static ScanstreamException gone() {
        return new ScanstreamException(ErrorCode.CANCELLED, "the client does not wait any more.");
    }

    private void expire(CompletableFuture<?> result, Duration within) {
        CompletableFuture<Void> timer =
                new CompletableFuture<Void>().orTimeout(within.toMillis(), TimeUnit.MILLISECONDS);
        var unused = timer.whenComplete((nothing, failure) -> {
            if (failure instanceof TimeoutException) {
                result.completeExceptionally(new ScanstreamException(
                        ErrorCode.DEADLINE_EXPIRED,
                        "the request was not answered within its " + within.toMillis() + " ms."));
            }
        });
        var unusedTimer = track(timer);
    }

    private void end(Throwable reason) {
        List<CompletableFuture<?>> left;
        synchronized (pending) {
            over = reason;
            left = new ArrayList<>(pending.values());
            pending.clear();
        }
        left.forEach(work -> work.completeExceptionally(reason));
        letGo();
    }

    private void letGo() {
        if (holders.decrementAndGet() == 0) {
            admission.close();
        }
    }

    /** Gives the work up when the call ends before it. */
    private <T> CompletableFuture<T> track(CompletableFuture<T> work) {
        int number;
        Throwable reason;
        synchronized (pending) {
            number = pieces++;
            reason = over;
            if (reason == null) {
                pending.put(number, work);
            }
        }
        if (reason != null) {
            work.completeExceptionally(reason);
            return work;
        }
        var unused = work.whenComplete((value, failure) -> {
            synchronized (pending) {
                pending.remove(number);
            }
        });
        return work;
    }

    Demand demand() {
        return demand;
    }

    RoutingContext http() {
        return http;
    }

    HttpLimits.Admission admission() {
        return admission;
    }

    /**
     * Lets a version do some work for this call, and releases it afterwards; fails as {@link ModelWait} does. It is the one
     * that is asked for, else that of the first rule of the model's traffic that the request's headers meet, else the champion.
     *
     * @param work on the call's event loop; it acquires the model for every scan that it hands on
     */
    <T> CompletableFuture<T> with(ServingSet serving, Asked asked, Function<RoutedModel, CompletableFuture<T>> work) {
        Optional<String> arm = asked.isChosen()
                ? Optional.empty()
                : serving.traffic().armOf(asked.ref().model(), null, http.request()::getHeader);
        CompletableFuture<T> done = new CompletableFuture<>();
        var unused = RoutedModel.acquire(
                        arm, asked.ref(), ref -> ModelWait.acquire(serving, ref, limits.patience(), deadline))
                .whenCompleteAsync(
                        (model, failure) -> {
                            if (failure == null) {
                                version = model.model().version();
                                AccessGate.about(http, "models/" + version);
                                working(model, work, done);
                            } else {
                                done.completeExceptionally(failure);
                            }
                        },
                        this::onLoop);
        return done;
    }

    private static <T> void working(
            RoutedModel model, Function<RoutedModel, CompletableFuture<T>> work, CompletableFuture<T> done) {
        CompletableFuture<T> begun;
        try {
            begun = work.apply(model);
        } catch (RuntimeException e) {
            begun = CompletableFuture.failedFuture(e);
        }
        var unused = begun.whenComplete((value, failure) -> {
            model.model().release();
            if (failure == null) {
                done.complete(value);
            } else {
                done.completeExceptionally(failure);
            }
        });
    }

    private void onLoop(Runnable task) {
        if (Vertx.currentContext() == loop) {
            task.run();
        } else {
            loop.runOnContext(nothing -> task.run());
        }
    }

    /** The whole body; on the event loop. */
    CompletableFuture<byte[]> body() {
        ByteSink bytes = new ByteSink((int) Math.min(announcedBytes, Integer.MAX_VALUE));
        return body(bytes::append).thenApply(nothing -> bytes.toArray());
    }

    /** The body as it comes; on the event loop. */
    CompletableFuture<Void> body(Consumer<Buffer> sink) {
        return track(BodyFeed.flow(http, admission, limits.settings().silence(), sink));
    }

    /** An image of this call has no answer. */
    void rejected(ErrorCode code) {
        isRejected = true;
        limits.rejected(code, version);
    }

    /**
     * A scan of this call for the scorer.
     *
     * @param scoring is given whether the scan is still wanted
     */
    <T> CompletableFuture<T> scan(Function<BooleanSupplier, CompletableFuture<T>> scoring) {
        WaitEstimate.Place place = limits.estimate().enter(System.nanoTime());
        return unhurried(scoring).whenComplete((value, failure) -> limits.estimate()
                .leave(place, !demand.urgent() && over == null, System.nanoTime()));
    }

    /** As {@link #scan}, for work whose time says nothing of how long a score takes. */
    <T> CompletableFuture<T> unhurried(Function<BooleanSupplier, CompletableFuture<T>> work) {
        holders.incrementAndGet();
        CompletableFuture<T> answer;
        try {
            answer = work.apply(() -> over == null);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.whenComplete((value, failure) -> {
            if (failure != null && over == null && ServingSet.cause(failure) instanceof ScanstreamException known) {
                rejected(known.code());
            }
            letGo();
        });
    }
}
