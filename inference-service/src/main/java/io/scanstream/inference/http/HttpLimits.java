package io.scanstream.inference.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How much the HTTP edge holds at once, in bytes and in images, and for how long. A request that finds no room is told so;
 * it does not wait in a queue that nobody sees.
 */
public final class HttpLimits {
    private static final String UNKNOWN = "unknown";
    private static final String REFUSED = "scanstream.http.refused";

    private final HttpSettings settings;
    private final MeterRegistry metrics;
    private final AtomicLong bytesInHand = new AtomicLong();
    private final AtomicInteger imagesInHand = new AtomicInteger();
    private final WaitEstimate estimate;
    private final Counter abandoned;
    private volatile boolean ending;

    public HttpLimits(HttpSettings settings, MeterRegistry metrics) {
        this.settings = settings;
        this.metrics = metrics;
        this.estimate = new WaitEstimate(settings.unhurriedImages(), settings.longestWait());
        this.abandoned = metrics.counter("scanstream.http.abandoned");
        // There from the start: Prometheus sees no increase from nothing to one.
        List.of("ending", "wait", "bytes", "images").forEach(reason -> metrics.counter(REFUSED, "reason", reason));
        metrics.gauge("scanstream.http.bytes", bytesInHand);
        metrics.gauge("scanstream.http.images", imagesInHand);
    }

    /** Lets nobody in any more, as the service ends; who is in may stay. */
    public void end() {
        ending = true;
    }

    public boolean isEnding() {
        return ending;
    }

    HttpSettings settings() {
        return settings;
    }

    /** How long a request waits for a version that is being loaded. */
    Duration patience() {
        return settings.patience();
    }

    WaitEstimate estimate() {
        return estimate;
    }

    /**
     * Room for one request with one image, given back by closing it.
     *
     * @param announcedBytes the Content-Length; negative if the client does not say: then room is taken as the bytes come
     * @param mostBytes of this request's body
     * @param hurried whether it overtakes others, and so does not wait for as long as they
     * @throws ScanstreamException {@code TOO_LARGE} above the limit, {@code OVERLOADED} if there is no room, it would wait
     *     too long, or the service ends
     */
    Admission admit(long announcedBytes, long mostBytes, boolean hurried) {
        if (ending) {
            metrics.counter(REFUSED, "reason", "ending").increment();
            // Another instance may take it at once, this one when it is back.
            throw new Overloaded("the service ends.", 1);
        }
        if (announcedBytes > mostBytes) {
            throw tooLarge(mostBytes);
        }
        if (!hurried && estimate.tooLong()) {
            throw overloaded("wait");
        }
        Admission admission = new Admission(mostBytes, Math.max(0, announcedBytes));
        try {
            admission.takeImages(1);
            admission.take(Math.max(0, announcedBytes));
        } catch (ScanstreamException e) {
            admission.close();
            throw e;
        }
        return admission;
    }

    /** A client went before it had its answer. */
    void abandoned() {
        abandoned.increment();
    }

    /**
     * An image or a request got no answer, and would get none if it came again. Refusals for want of room are counted as
     * such, and clients that went as {@link #abandoned}.
     *
     * @param version which was to score it; absent: that was not known yet
     */
    void rejected(ErrorCode code, @Nullable ModelVersion version) {
        if (code.retryable() || code == ErrorCode.CANCELLED) {
            return;
        }
        metrics.counter(
                        "scanstream.http.rejected",
                        "code",
                        code.name(),
                        "model",
                        version == null ? UNKNOWN : version.name(),
                        "version",
                        version == null ? UNKNOWN : version.version())
                .increment();
    }

    private ScanstreamException overloaded(String reason) {
        metrics.counter(REFUSED, "reason", reason).increment();
        return new Overloaded("the service scores as many images as it can hold.", estimate.seconds());
    }

    private static ScanstreamException tooLarge(long mostBytes) {
        return new ScanstreamException(
                ErrorCode.TOO_LARGE, "the request's body is above the limit of " + mostBytes + " bytes.");
    }

    /** One request that was let in. Its methods may be called by any thread, after {@link #close} without effect. */
    final class Admission implements AutoCloseable {
        private final long mostBytes;
        private final long announced;
        private long received;
        private long bytes;
        private int images;
        private boolean closed;

        private Admission(long mostBytes, long announced) {
            this.mostBytes = mostBytes;
            this.announced = announced;
        }

        /**
         * Bytes of the body have come.
         *
         * @throws ScanstreamException {@code TOO_LARGE} if it is above the request's limit, {@code OVERLOADED} if there is no
         *     room for what was not announced
         */
        synchronized void receive(int count) {
            long before = Math.max(received, announced);
            received += count;
            if (received > mostBytes) {
                throw tooLarge(mostBytes);
            }
            if (received > before) {
                take(received - before);
            }
        }

        /**
         * Room for more bytes than those of the body, such as decoded inputs and outputs.
         *
         * @throws ScanstreamException {@code OVERLOADED} if there is none, {@code TOO_LARGE} if there can never be
         */
        synchronized void take(long more) {
            if (closed) {
                return;
            }
            if (more > settings.bytesInHand() - bytes) {
                throw new ScanstreamException(
                        ErrorCode.TOO_LARGE,
                        "the request needs " + (bytes + more) + " bytes of memory; the limit is "
                                + settings.bytesInHand() + ". Send fewer images at a time, or ask for fewer outputs.");
            }
            if (bytesInHand.addAndGet(more) > settings.bytesInHand()) {
                bytesInHand.addAndGet(-more);
                throw overloaded("bytes");
            }
            bytes += more;
        }

        /**
         * Room for more images.
         *
         * @throws ScanstreamException {@code OVERLOADED} if there is none, {@code TOO_LARGE} if one request may not have so many
         */
        synchronized void takeImages(int more) {
            if (closed) {
                return;
            }
            if (more > settings.requestImages() - images) {
                throw new ScanstreamException(
                        ErrorCode.TOO_LARGE,
                        "the request has " + ((long) images + more) + " images or more; at most "
                                + settings.requestImages() + " are scored in one.");
            }
            if (imagesInHand.addAndGet(more) > settings.imagesInHand()) {
                imagesInHand.addAndGet(-more);
                throw overloaded("images");
            }
            images += more;
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                bytesInHand.addAndGet(-bytes);
                imagesInHand.addAndGet(-images);
            }
        }
    }
}
