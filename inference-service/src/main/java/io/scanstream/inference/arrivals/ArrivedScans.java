package io.scanstream.inference.arrivals;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.arrivals.IncomingLayout.Place;
import io.scanstream.inference.arrivals.IncomingLayout.Wanted;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes scans of objects. Whoever says that an object is there, notification or listing, the object itself is looked at: so
 * both make the same scan of it, with the same id, and a notification of something that was overwritten since makes the scan
 * of what is there now.
 */
final class ArrivedScans implements AutoCloseable {
    private static final String SOURCE = "/scanstream/arrivals";
    private static final int LOOKS_AT_ONCE = 8;

    private final Supplier<Incoming> incoming;
    private final IncomingLayout layout;
    private final Predicate<ModelVersion> published;
    private final ExecutorService looking;

    /**
     * An object that is there.
     *
     * @param id of its scan
     * @param record for {@code scans}; absent with a mistake
     * @param mistake {@code INVALID_REQUEST}: why its key asks for nothing
     */
    record Arrived(
            Place place,
            ScanId id,
            @Nullable ProducerRecord<byte[], byte[]> record,
            @Nullable ScanstreamException mistake) {}

    /**
     * Scans of some incoming objects.
     *
     * @param published whether there is such a version
     */
    ArrivedScans(Supplier<Incoming> incoming, IncomingLayout layout, Predicate<ModelVersion> published) {
        this.incoming = incoming;
        this.layout = layout;
        this.published = published;
        AtomicInteger number = new AtomicInteger();
        this.looking = Executors.newFixedThreadPool(LOOKS_AT_ONCE, task -> {
            Thread thread = new Thread(task, "arrivals-look-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    Incoming incoming() {
        return incoming.get();
    }

    /**
     * Finds what an object is; empty if it is none that is to be scored.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for another bucket or a key that cannot be asked for, {@code
     *     UNKNOWN_SCAN} if there is no such object, {@code STORE_UNAVAILABLE}
     */
    Optional<Arrived> of(String bucket, String key) {
        if (!bucket.equals(incoming.get().bucket())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "object " + key + " is in bucket " + bucket + ", arrivals are those of bucket "
                            + incoming.get().bucket() + " (scanstream.arrivals.bucket).");
        }
        Optional<Place> place = layout.place(key);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        ObjectStore.Listed object = find(key)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.UNKNOWN_SCAN,
                        "object " + key + " of bucket " + bucket + " was deleted before it was taken up."));
        ScanId id = id(bucket, object);
        try {
            Wanted wanted = IncomingLayout.wanted(place.get(), key);
            return Optional.of(new Arrived(place.get(), id, record(place.get(), id, wanted, bucket, object), null));
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                throw e;
            }
            return Optional.of(new Arrived(place.get(), id, null, e));
        }
    }

    private Optional<ObjectStore.Listed> find(String key) {
        IncomingLayout.requireReadable(key);
        try {
            return incoming.get().find(key);
        } catch (IllegalArgumentException e) {
            // The client's own rules for keys.
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "object " + key + ": " + e.getMessage(), e);
        }
    }

    /** Applies a look to many things, some at once; fails as the first that fails, and does not begin those that are left. */
    <T, R> List<R> each(List<T> things, Function<T, R> look) {
        List<CompletableFuture<R>> looks = things.stream()
                .map(thing -> CompletableFuture.supplyAsync(() -> look.apply(thing), looking))
                .toList();
        try {
            return looks.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ScanstreamException known ? known : e;
        } finally {
            // Nobody waits for them, and the next attempt must not have to.
            looks.forEach(begun -> begun.cancel(false));
        }
    }

    /**
     * The id of an object's scan: the second in which it was put, and a hash of where it is and of what. The same bytes put
     * again later are another scan, as they are through the gateway.
     */
    static ScanId id(String bucket, ObjectStore.Listed object) {
        Instant second = object.lastModified().truncatedTo(ChronoUnit.SECONDS);
        return new ScanId(TimeOrderedId.derived(second, bucket + "\n" + object.key() + "\n" + object.etag()));
    }

    private ProducerRecord<byte[], byte[]> record(
            Place place, ScanId id, Wanted wanted, String bucket, ObjectStore.Listed object) {
        ClaimTicket ticket = new ClaimTicket(object.key(), object.sizeBytes(), null, object.etag(), bucket);
        ProducerRecord<byte[], byte[]> scan =
                new ProducerRecord<>(place.topic(), utf8(id.toString()), Json.bytes(ticket));
        header(scan, ScanHeaders.ID, id.toString());
        header(scan, ScanHeaders.SPEC_VERSION, "1.0");
        header(scan, ScanHeaders.TYPE, ScanHeaders.TYPE_ARRIVED);
        header(scan, ScanHeaders.SOURCE, SOURCE);
        header(scan, ScanHeaders.SUBJECT, "s3://" + bucket + "/" + object.key());
        header(scan, ScanHeaders.TIME, object.lastModified().toString());
        header(scan, ScanHeaders.MODEL, wanted.model());
        if (wanted.choice() != null) {
            boolean version = published.test(new ModelVersion(wanted.model(), wanted.choice()));
            header(scan, version ? ScanHeaders.MODEL_VERSION : ScanHeaders.MODEL_ALIAS, wanted.choice());
        }
        header(scan, ScanHeaders.CONTENT_TYPE, ScanHeaders.CLAIM_TICKET);
        return scan;
    }

    private static void header(ProducerRecord<byte[], byte[]> scan, String name, String value) {
        scan.headers().add(name, utf8(value));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
